import { describe, expect, it } from 'vitest';
import { bootstrapInterval } from './bootstrap.ts';
import { sampleStandardDeviation } from './moments.ts';

const maize = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48];

describe('bootstrapInterval', () => {
  // python3: S.bootstrap((d,), np.mean, n_resamples=400000, method='BCa', random_state=1); the acceleration by its
  //   formula from np.delete(d, i).mean().   SciPy 1.17.1. Its own draws: equal up to the noise of 20,000 resamples.
  it('is SciPy’s BCa interval of the mean and of the standard deviation', () => {
    const ofMean = bootstrapInterval(maize, undefined, { resamples: 20_000 });
    if (ofMean.kind !== 'interval') throw new Error(ofMean.reason);
    expect(ofMean.acceleration).toBeCloseTo(-0.042692881537670486, 13);
    expect(Math.abs(ofMean.lower + 1.7333)).toBeLessThan(1);
    expect(Math.abs(ofMean.upper - 36.2667)).toBeLessThan(1);
    const ofSpread = bootstrapInterval(maize, sampleStandardDeviation, { resamples: 20_000 });
    if (ofSpread.kind !== 'interval') throw new Error(ofSpread.reason);
    expect(Math.abs(ofSpread.lower - 22.558)).toBeLessThan(1);
    expect(Math.abs(ofSpread.upper - 54.742)).toBeLessThan(1);
  });

  it('is the same for the same seed and another for another', () => {
    const options = { resamples: 500, seed: 3 };
    const once = bootstrapInterval(maize, undefined, options);
    expect(bootstrapInterval(maize, undefined, options)).toEqual(once);
    expect(bootstrapInterval(maize, undefined, { ...options, seed: 4 })).not.toEqual(once);
  });

  it('has no width when nothing varies and is undefined for one observation', () => {
    expect(bootstrapInterval([2, 2, 2])).toMatchObject({ lower: 2, upper: 2 });
    expect(bootstrapInterval([2])).toMatchObject({
      kind: 'undefined',
      reason: 'fewer than two observations',
    });
    expect(bootstrapInterval(maize, (sample) => Math.max(...sample), { resamples: 50 }).kind).toBe(
      'interval',
    );
  });
});
