import { expect, it } from 'vitest';
import { compareBySeed, corrected } from './paired-by-seed.ts';

const runs = (...values: (readonly [seed: number, value: number])[]) =>
  values.map(([seed, value]) => ({ seed, value }));

it('pairs the runs of one seed and leaves out seeds of one method alone', () => {
  const compared = compareBySeed(runs([3, 80], [0, 70], [1, 71]), runs([0, 69], [1, 68], [2, 10]));
  expect(compared.pairs).toEqual([runs([0, 70], [0, 69]), runs([1, 71], [1, 68])]);
  expect(compared.difference).toBe(2);
  // Two differences, 1 and 3: mean 2, standard error 1, t = 2 with one degree of freedom.
  expect(compared.upper).toBeCloseTo(2 + 12.7062, 3);
  expect(compared.pValue).toBeCloseTo(1 - (2 / Math.PI) * Math.atan(2), 12);
});

it('has no figures without a common seed, and no interval and no test with one', () => {
  const none = { difference: null, lower: null, upper: null, pValue: null };
  expect(compareBySeed(runs([0, 70]), runs([1, 69]))).toEqual({ pairs: [], ...none });
  expect(compareBySeed(runs([0, 70]), runs([0, 69]))).toMatchObject({ ...none, difference: 1 });
});

it('corrects over the comparisons that were tested', () => {
  const [a, b, c] = [{ p: 0.01 }, { p: null }, { p: 0.04 }] as const;
  expect([...corrected([a, b, c], ({ p }) => p)]).toEqual([
    [a, 0.02],
    [c, 0.04],
  ]);
});
