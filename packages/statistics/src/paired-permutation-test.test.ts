import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pairedPermutationTest } from './paired-permutation-test.ts';

const darwin = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48];
const zeros = darwin.map(() => 0);

describe('pairedPermutationTest', () => {
  // Fisher 1935, §21: 1726 of the 2^15 = 32768 patterns.
  // python3 -c "import numpy as np; from scipy import stats as S; d=np.array([...darwin]);
  //   print(S.permutation_test((d,), np.mean, permutation_type='samples', n_resamples=np.inf).pvalue)"
  it('is Fisher’s 1726 / 32768 on Darwin’s maize', () => {
    expect(pairedPermutationTest(darwin, zeros)).toEqual({
      n: 15,
      pValue: 0.05267333984375,
      method: 'exact',
      patterns: 32768,
      smallestPossible: 2 / 32768,
    });
  });

  // The same command on Student's sleep data (drug one − drug two; one pair does not differ): 4 / 1024.
  it('is SciPy’s on differences that tie after rounding', () => {
    const one = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];
    const two = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
    expect(pairedPermutationTest(one, two).pValue).toBe(0.00390625);
  });

  it('cannot go below 2 / 2ⁿ', () => {
    expect(pairedPermutationTest([1, 2, 3, 4, 5], [0, 0, 0, 0, 0])).toMatchObject({
      pValue: 0.0625,
      smallestPossible: 0.0625,
    });
  });

  it('finds no evidence if no pair differs', () => {
    expect(pairedPermutationTest([1, 2], [1, 2]).pValue).toBe(1);
    expect(pairedPermutationTest([], []).pValue).toBe(1);
  });

  it('draws the exact p value up to sampling error, and the same value for the same seed', () => {
    const options = { maxExactPatterns: 1, draws: 100_000, seed: 7 };
    const drawn = pairedPermutationTest(darwin, zeros, options);
    expect(drawn).toMatchObject({ method: 'monte-carlo', patterns: 100_000 });
    // Four standard errors: 4 · sqrt(0.0527 · 0.9473 / 1e5) = 0.0028.
    expect(Math.abs(drawn.pValue - 0.05267333984375)).toBeLessThan(0.0028);
    expect(pairedPermutationTest(darwin, zeros, options)).toEqual(drawn);
    expect(pairedPermutationTest(darwin, zeros, { ...options, seed: 8 }).pValue).not.toBe(drawn.pValue);
  });

  it('never draws a p value of 0', () => {
    const forty = Array.from({ length: 40 }, (_, i) => 1 + i / 100);
    const none = forty.map(() => 0);
    expect(pairedPermutationTest(forty, none, { draws: 999 }).pValue).toBe(1 / 1000);
  });

  it('equals the share counted by a loop over all patterns, and is symmetric in the methods', () => {
    const difference = fc.integer({ min: -5, max: 5 });
    fc.assert(
      fc.property(fc.array(difference, { maxLength: 8 }), (differences) => {
        const none = differences.map(() => 0);
        let hits = 0;
        const observed = Math.abs(differences.reduce((sum, value) => sum + value, 0));
        for (let pattern = 0; pattern < 2 ** differences.length; pattern++) {
          const sum = differences.reduce((s, value, i) => s + ((pattern >> i) & 1 ? value : -value), 0);
          if (Math.abs(sum) >= observed) hits++;
        }
        const { pValue } = pairedPermutationTest(differences, none);
        expect(pValue).toBe(hits / 2 ** differences.length);
        expect(pairedPermutationTest(none, differences).pValue).toBe(pValue);
      }),
      { seed: 1 },
    );
  });

  it('refuses zero draws', () => {
    expect(() => pairedPermutationTest([1], [0], { draws: 0 })).toThrow(
      'draws must be a positive integer, got 0',
    );
  });
});
