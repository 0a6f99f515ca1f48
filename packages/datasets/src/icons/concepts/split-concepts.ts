import { createHash } from 'node:crypto';
import { conceptFamilies } from './families.ts';

/** Concepts on each side of the few-shot split, each side sorted. */
export type ConceptSplit = {
  base: string[];
  validation: string[];
  novel: string[];
};

/** Shares of the concepts, equal to miniImageNet's 64 / 16 / 20 classes (Ravi & Larochelle, ICLR 2017). */
const NOVEL_SHARE = 0.2;
const VALIDATION_SHARE = 0.16;

/** A larger family goes to base. Otherwise a fifth of the test classes could be variations of one theme. */
export const LARGEST_HELD_OUT_FAMILY = 5;

/** Part of every family's hash, chosen before any model saw the split. Another word would make another data set. */
const SALT = 'icons-1';

/**
 * Splits concepts without dividing a family. Families are placed in the order of a hash of their first concept, so a family
 * that is added later moves few others. A small family goes to novel if it fits there, else to validation if it fits there.
 * All other families go to base.
 */
export function splitConcepts(concepts: readonly string[]): ConceptSplit {
  const split: ConceptSplit = { base: [], validation: [], novel: [] };
  const novelSize = Math.round(concepts.length * NOVEL_SHARE);
  const validationSize = Math.round(concepts.length * VALIDATION_SHARE);
  for (const family of inHashOrder(conceptFamilies(concepts))) {
    if (family.length > LARGEST_HELD_OUT_FAMILY) split.base.push(...family);
    else if (split.novel.length + family.length <= novelSize) split.novel.push(...family);
    else if (split.validation.length + family.length <= validationSize) split.validation.push(...family);
    else split.base.push(...family);
  }
  for (const side of Object.values(split)) side.sort();
  return split;
}

function inHashOrder(families: readonly string[][]): string[][] {
  return families
    .map((family) => ({ family, hash: createHash('sha256').update(`${SALT} ${family[0]}`).digest('hex') }))
    .sort((a, b) => (a.hash < b.hash ? -1 : 1))
    .map(({ family }) => family);
}
