import { expect, it } from 'vitest';
import { lettersOf } from '../../testing/letters.ts';
import { nearCopies } from './near-copies.ts';

it('no two of forty letters of twelve typefaces are near-copies', async () => {
  const letters = await lettersOf(40, 96);
  expect(letters).toHaveLength(480);
  expect(nearCopies(letters).map((rows) => rows.map((row) => letters[row]!.name))).toEqual([]);
});
