import { expect, it } from 'vitest';
import { compareBySeed, corrected, unitValues } from './paired-by-seed.ts';

const runs = (...values: (readonly [seed: number, value: number])[]) =>
  values.map(([seed, value]) => ({ fold: null, seed, value }));

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
  expect(compareBySeed(runs([0, 70]), runs([1, 69]))).toEqual({ pairs: [], units: 0, ...none });
  expect(compareBySeed(runs([0, 70]), runs([0, 69]))).toMatchObject({ ...none, difference: 1 });
});

it('averages the seeds of a fold, which is the unit', () => {
  const run = (fold: number, seed: number, value: number) => ({ fold, seed, value });
  const ours = [run(0, 0, 70), run(0, 1, 72), run(1, 0, 80), run(1, 1, 80), run(2, 0, 5)];
  const theirs = [run(0, 0, 69), run(0, 1, 71), run(1, 0, 78), run(1, 1, 76), run(3, 0, 5)];
  const compared = compareBySeed(ours, theirs);
  expect(compared.pairs).toHaveLength(4);
  // Folds differ by 1 and 3: as two seeds with these differences.
  const { difference, lower, upper, pValue } = compareBySeed(runs([0, 70], [1, 71]), runs([0, 69], [1, 68]));
  expect(compared).toMatchObject({ units: 2, difference, pValue });
  expect(compared.lower).toBeCloseTo(lower!, 9);
  expect(compared.upper).toBeCloseTo(upper!, 9);
  expect(unitValues(ours)).toEqual([71, 80, 5]);
  // Runs that stand for the same fold again narrow nothing.
  const again = (all: typeof ours) => all.flatMap((one) => [one, { ...one, seed: one.seed + 10 }]);
  expect(compareBySeed(again(ours), again(theirs))).toMatchObject({ units: 2, difference, pValue });
});

it('corrects over all comparisons, those without a test and those that were not made among them', () => {
  const [a, b, c] = [{ p: 0.01 }, { p: null }, { p: 0.04 }] as const;
  expect([...corrected([a, b, c], ({ p }) => p)]).toEqual([
    [a, 0.03],
    [c, 0.08],
  ]);
  expect(corrected([a, b, c], ({ p }) => p, 10).get(a)).toBe(0.1);
});
