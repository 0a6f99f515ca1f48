import { describe, expect, it } from 'vitest';
import { mean, sampleStandardDeviation } from './moments.ts';

// Darwin's maize (Fisher 1935, §17), crossed minus selfed, in inches.
// python3 -c "import numpy as np; d=np.array([49,-67,8,16,6,23,28,41,14,29,56,24,75,60,-48])/8; print(d.mean(), d.std(ddof=1))"
const darwin = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48].map((eighths) => eighths / 8);

describe('moments', () => {
  it("agree with NumPy on Darwin's maize", () => {
    expect(mean(darwin)).toBeCloseTo(2.6166666666666667, 14);
    expect(sampleStandardDeviation(darwin)).toBeCloseTo(4.718047290786225, 14);
  });

  it('keep the spread of numbers far from zero (NIST StRD NumAcc4: mean 10000000.2, deviation 0.1)', () => {
    const numAcc4 = [
      10000000.2,
      ...Array.from({ length: 1000 }, (_, i) => (i % 2 ? 10000000.3 : 10000000.1)),
    ];
    expect(mean(numAcc4)).toBeCloseTo(10000000.2, 8);
    expect(sampleStandardDeviation(numAcc4)).toBeCloseTo(0.1, 8);
  });

  it('refuse a sample without moments and name the entry', () => {
    expect(() => mean([])).toThrow('no observations');
    expect(() => mean([1, Number.NaN])).toThrow('sample[1] is NaN');
    expect(() => sampleStandardDeviation([1])).toThrow('needs two observations, got 1');
    expect(() => sampleStandardDeviation([1, Number.POSITIVE_INFINITY])).toThrow('sample[1] is Infinity');
  });
});
