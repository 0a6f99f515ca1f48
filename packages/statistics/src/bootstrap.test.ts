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

  // NumPy: the means of all 6⁶ resamples, z₀ and a by their formulas, np.quantile at the two BCa probabilities. Endpoints
  //   may be one step of the resamples' means (1/120) off, since theirs are drawn.
  it('equals the interval from all resamples of six values', () => {
    const drawn = bootstrapInterval([1.05, 0.2, 2.4, 0.9, 3.1, 1.7], undefined, { resamples: 200_000 });
    if (drawn.kind !== 'interval') throw new Error(drawn.reason);
    expect(drawn.acceleration).toBeCloseTo(0.016668550038945174, 13);
    expect(drawn.bias).toBeCloseTo(0.01993357073922379, 2);
    expect(Math.abs(drawn.lower - 0.825)).toBeLessThan(0.009);
    expect(Math.abs(drawn.upper - 2.4)).toBeLessThan(0.009);
  });

  it('is equal for equal seeds and differs for different seeds', () => {
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
