import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectedBest, expectedBestDifference } from './expected-best.ts';

/** Every subset of `size` of these values. */
function subsets<Value>(values: readonly Value[], size: number): Value[][] {
  if (size === 0) return [[]];
  return values.flatMap((value, at) =>
    subsets(values.slice(at + 1), size - 1).map((rest) => [value, ...rest]),
  );
}

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** By enumeration. */
const bestOfSubsets = (trials: readonly number[]) =>
  trials.map((_, at) => meanOf(subsets(trials, at + 1).map((subset) => Math.max(...subset))));

const accuracies = [71.2, 64.5, 80.1, 80.1, 20, 77.7, 79.9, 55.5];
const others = [70.2, 66.5, 78.1, 81.3, 20, 70, 80.4, 60];

describe('expectedBest', () => {
  it('is the mean of the best over all subsets', () => {
    expect(subsets(accuracies, 3)).toHaveLength(56);
    expectedBest(accuracies, 20).forEach((value, at) => {
      expect(value).toBeCloseTo(bestOfSubsets(accuracies)[at]!, 11);
    });
    const accuracy = fc.double({ min: 0, max: 100, noNaN: true });
    fc.assert(
      fc.property(fc.array(accuracy, { minLength: 1, maxLength: 9 }), (trials) => {
        const enumerated = bestOfSubsets(trials);
        expectedBest(trials, 0).forEach((value, at) => {
          expect(value).toBeCloseTo(enumerated[at]!, 10);
        });
      }),
      { seed: 1 },
    );
  });

  it('is the mean for one trial and the best for all, also of a thousand', () => {
    const trials = Array.from({ length: 1000 }, (_, i) => (i * 37) % 1000);
    const curve = expectedBest(trials, 0);
    expect(curve[0]).toBeCloseTo(499.5, 9);
    expect(curve[1]).toBeCloseTo((2 / 3) * 1001 - 1, 9);
    expect(curve.at(-1)).toBe(999);
  });

  it.each([0, 3, 7])('counts trial %d that diverged as chance', (at) => {
    for (const diverged of [null, Number.NaN]) {
      expect(
        expectedBest(
          accuracies.with(at, 20).map((value, i) => (i === at ? diverged : value)),
          20,
        ),
      ).toEqual(expectedBest(accuracies.with(at, 20), 20));
    }
  });

  it('refuses no trials and an infinite accuracy', () => {
    expect(() => expectedBest([], 0)).toThrow('no trials');
    expect(() => expectedBest([1, Number.POSITIVE_INFINITY], 0)).toThrow('trial 1 has the accuracy Infinity');
  });
});

describe('expectedBestDifference', () => {
  const options = { divergedAccuracy: 20, seed: 4 };

  it('has the difference of the two curves', () => {
    const [a, b] = [expectedBest(accuracies, 20), expectedBest(others, 20)];
    const band = expectedBestDifference(accuracies, others, options);
    expect(band.map(({ k }) => k)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    band.forEach(({ difference, lower, upper }, at) => {
      expect(difference).toBe(a[at]! - b[at]!);
      expect(lower).toBeLessThanOrEqual(upper);
    });
  });

  it('has the quantiles of all 4⁴ joint resamples of four trials', () => {
    const [a, b] = [
      [70, 60, 75, 20],
      [68, 66, 71, 50],
    ] as const;
    const all = Array.from({ length: 256 }, (_, code) =>
      [0, 1, 2, 3].map((place) => (code >> (2 * place)) & 3),
    );
    const band = expectedBestDifference(a, b, { ...options, resamples: 20_000, level: 0.9 });
    band.forEach(({ lower, upper }, at) => {
      const exact = all.map(
        (draw) =>
          expectedBest(
            draw.map((i) => a[i]!),
            0,
          )[at]! -
          expectedBest(
            draw.map((i) => b[i]!),
            0,
          )[at]!,
      );
      // A quantile of a discrete distribution may fall to either side of a step; shares decide.
      const atMost = (value: number) => exact.filter((difference) => difference <= value + 1e-9).length / 256;
      const below = (value: number) => exact.filter((difference) => difference < value - 1e-9).length / 256;
      expect(below(lower)).toBeLessThan(0.06);
      expect(atMost(lower)).toBeGreaterThan(0.04);
      expect(below(upper)).toBeLessThan(0.96);
      expect(atMost(upper)).toBeGreaterThan(0.94);
    });
  });

  it('draws a trial of both methods together: methods that differ by a constant have no band', () => {
    const shifted = accuracies.map((accuracy) => accuracy + 2);
    for (const { lower, upper } of expectedBestDifference(shifted, accuracies, options)) {
      expect(lower).toBeCloseTo(2, 9);
      expect(upper).toBeCloseTo(2, 9);
    }
  });

  it('mirrors exchanged methods to the last bit, and repeats itself for its seed', () => {
    const forth = expectedBestDifference(accuracies, others, options);
    const back = expectedBestDifference(others, accuracies, options);
    expect(back).toEqual(
      forth.map(({ k, difference, lower, upper }) => ({
        k,
        difference: -difference,
        lower: -upper,
        upper: -lower,
      })),
    );
    expect(expectedBestDifference(accuracies, others, options)).toEqual(forth);
    expect(expectedBestDifference(accuracies, others, { ...options, seed: 5 })).not.toEqual(forth);
  });

  it('refuses methods with different numbers of trials', () => {
    expect(() => expectedBestDifference([1, 2], [1], options)).toThrow('equally many trials, got 2 and 1');
  });
});
