import { dealFamilies, type NamedSplit } from '../../drawings/deal.ts';
import { conceptFamilies } from './families.ts';

/** Part of every family's hash, chosen before any model saw the split. Another word would make another data set. */
const SALT = 'icons-1';

/** Splits concepts without dividing a family. */
export function splitConcepts(concepts: readonly string[]): NamedSplit {
  return dealFamilies(conceptFamilies(concepts), SALT);
}
