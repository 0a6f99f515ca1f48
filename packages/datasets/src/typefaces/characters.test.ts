import { expect, it } from 'vitest';
import { CHARACTERS, SIDES } from './characters.ts';

it('gives every character a side, and a capital the side of its small letter', () => {
  expect([...SIDES.keys()].sort()).toEqual([...CHARACTERS].sort());
  for (const [character, side] of SIDES) expect(SIDES.get(character.toUpperCase())).toBe(side);
});

it('holds out characters of every kind, a quarter for testing and an eighth for validation', () => {
  const sides = (kind: RegExp) =>
    ['train', 'validation', 'test'].map(
      (wanted) => [...SIDES].filter(([character, side]) => kind.test(character) && side === wanted).length,
    );
  expect(sides(/[A-Z]/)).toEqual([16, 3, 7]);
  expect(sides(/[0-9]/)).toEqual([6, 1, 3]);
  expect(sides(/[^a-z0-9]/i)).toEqual([4, 1, 2]);
});
