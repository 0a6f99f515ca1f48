import type { Partition } from '../dataset.ts';
import { inHashOrder } from '../drawings/deal.ts';

const CAPITALS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
const DIGITS = [...'0123456789'];
/** The marks of ASCII with a shape of their own. Dots, strokes and brackets look alike in most typefaces. */
const MARKS = [...'!#$%&?@'];

/** The characters of every typeface. */
export const CHARACTERS: readonly string[] = [
  ...CAPITALS,
  ...CAPITALS.map((letter) => letter.toLowerCase()),
  ...DIGITS,
  ...MARKS,
];

/** Part of every character's hash, chosen before any model saw the split. */
const SALT = 'typefaces-1';

/** Shares of each kind of character. */
const TEST_SHARE = 1 / 4;
const VALIDATION_SHARE = 1 / 8;

/** The split by character in words. */
export const CHARACTER_RULE =
  'letters, digits and marks each in the order of a salted hash; a quarter for testing, then an eighth for validation; ' +
  'a capital and its small letter on one side';

/** The side of every character. */
export const SIDES: ReadonlyMap<string, Partition> = new Map(
  [CAPITALS, DIGITS, MARKS].flatMap((kind) => {
    const testing = Math.round(kind.length * TEST_SHARE);
    const held = testing + Math.round(kind.length * VALIDATION_SHARE);
    return inHashOrder(kind, SALT, (character) => character).flatMap((character, place) => {
      const side: Partition = place < testing ? 'test' : place < held ? 'validation' : 'train';
      return [...new Set([character, character.toLowerCase()])].map((one) => [one, side] as const);
    });
  }),
);
