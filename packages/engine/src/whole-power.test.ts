import { expect, it } from 'vitest';
import { wholePower } from './whole-power.ts';

it.each([
  [0, 0, 1],
  [0, 3, 0],
  [-2, 5, -32],
  [0.5, 10, 2 ** -10],
  [3, 20, 3486784401],
])('%d to the power of %d', (base, exponent, expected) => {
  expect(wholePower(base, exponent)).toBe(expected);
});

it('the powers of AdamW and of layer decay to a few units of the last place', () => {
  for (const base of [0.9, 0.999, 0.65]) {
    for (const exponent of [1, 2, 24, 400]) {
      const exact = Math.exp(exponent * Math.log(base));
      expect(Math.abs(wholePower(base, exponent) / exact - 1)).toBeLessThan(1e-11);
    }
  }
});
