import type { DatasetAdapter } from '../dataset.ts';
import { splitBySample } from '../drawings/by-sample.ts';
import { CHARACTER_RULE, SIDES } from './characters.ts';
import { typefaces } from './typefaces.ts';

/**
 * Typefaces, split by character: a transfer benchmark that needs no download. Training uses some characters of every typeface.
 * Validation and testing use characters that training never sees in any typeface.
 */
export function byCharacter(set: DatasetAdapter): DatasetAdapter {
  return splitBySample(set, {
    name: 'typefaces-by-character',
    title: 'Typefaces by character: typefaces recognised by characters never seen',
    rule: CHARACTER_RULE,
    partitionOf:
      () =>
      ({ character }) =>
        SIDES.get(character!)!,
  });
}

export const typefacesByCharacter = byCharacter(typefaces);
