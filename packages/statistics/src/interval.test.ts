import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { meanInterval, normalInterval } from './interval.ts';

const seeds = [61.2, 62.9, 60.4, 63.1, 61.7];

describe('meanInterval', () => {
  // python3 -c "import numpy as np; from scipy import stats as S; a=np.array([61.2,62.9,60.4,63.1,61.7]);
  //   print(S.t.interval(LEVEL, 4, loc=a.mean(), scale=S.sem(a)))"
  it.each([
    [0.95, 60.44265264729521, 63.27734735270479],
    [0.99, 59.50965578992129, 64.21034421007872],
  ])('is SciPy’s at level %d', (level, lower, upper) => {
    const interval = meanInterval(seeds, level);
    if (interval.kind !== 'interval') throw new Error(interval.reason);
    expect(interval.mean).toBeCloseTo(61.86, 12);
    expect(interval.lower).toBeCloseTo(lower, 9);
    expect(interval.upper).toBeCloseTo(upper, 9);
    expect(interval).toMatchObject({ n: 5, level });
  });

  it('is undefined by type, not NaN, below two observations', () => {
    const reason = 'fewer than two observations';
    expect(meanInterval([])).toEqual({ kind: 'undefined', n: 0, mean: null, reason });
    expect(meanInterval([0.7])).toEqual({ kind: 'undefined', n: 1, mean: 0.7, reason });
  });

  it('has no width when nothing varies', () => {
    expect(meanInterval([0.5, 0.5, 0.5])).toMatchObject({ lower: 0.5, upper: 0.5, halfWidth: 0 });
  });

  it('refuses a level of 1 and a NaN', () => {
    expect(() => meanInterval(seeds, 1)).toThrow('level must lie strictly between 0 and 1');
    expect(() => meanInterval([Number.NaN])).toThrow('sample[0] is NaN');
  });

  it('moves with the sample and scales with it', () => {
    const finite = fc.double({ min: -100, max: 100, noNaN: true });
    fc.assert(
      fc.property(fc.array(finite, { minLength: 2, maxLength: 30 }), finite, (sample, shift) => {
        const [one, moved] = [meanInterval(sample), meanInterval(sample.map((value) => 2 * value + shift))];
        if (one.kind !== 'interval' || moved.kind !== 'interval')
          throw new Error('two observations are enough');
        expect(moved.lower).toBeCloseTo(2 * one.lower + shift, 8);
        expect(moved.upper).toBeCloseTo(2 * one.upper + shift, 8);
      }),
      { seed: 1 },
    );
  });
});

describe('normalInterval', () => {
  // python3 -c "import numpy as np; from scipy import stats as S; a=np.array([.72,.68,.8,56/75,46/75,.76]);
  //   print(a.mean(), a.mean() - 1.96 * S.sem(a), a.mean() + 1.96 * S.sem(a))"
  it('is mean ± 1.96 s / √n', () => {
    const interval = normalInterval([0.72, 0.68, 0.8, 56 / 75, 46 / 75, 0.76]);
    if (interval.kind !== 'interval') throw new Error(interval.reason);
    expect(interval.mean).toBeCloseTo(0.7200000000000001, 14);
    expect(interval.lower).toBeCloseTo(0.6672995776248566, 14);
    expect(interval.upper).toBeCloseTo(0.7727004223751436, 14);
  });

  it('is undefined for a single episode', () => {
    expect(normalInterval([0.7]).kind).toBe('undefined');
  });
});
