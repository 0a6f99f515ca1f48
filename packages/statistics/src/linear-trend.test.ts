import { describe, expect, it } from 'vitest';
import { doublingTrend, linearTrend } from './linear-trend.ts';

const batches = [16, 16, 16, 64, 64, 64, 256, 256, 256, 1024, 1024, 1024];
const accuracy = [61, 62.5, 60.2, 63.1, 62.2, 64, 65.5, 64.1, 66.2, 65, 66.9, 67.3];

describe('linearTrend', () => {
  // python3 -c "import numpy as np; from scipy import stats as S; r=S.linregress(np.log2(BATCHES), ACCURACY);
  //   t=S.t.ppf(.975,10); print(r.slope, r.intercept, r.stderr, r.pvalue, r.slope-t*r.stderr, r.slope+t*r.stderr)"   SciPy 1.17.1
  it('is SciPy’s linregress', () => {
    const trend = linearTrend(batches.map(Math.log2), accuracy);
    if (trend.kind !== 'trend') throw new Error(trend.reason);
    expect(trend.slope).toBeCloseTo(0.8833333333333332, 13);
    expect(trend.intercept).toBeCloseTo(57.81666666666667, 12);
    expect(trend.standardError).toBeCloseTo(0.1311699491330067, 13);
    expect(trend.pValue).toBeCloseTo(5.141312778974448e-5, 14);
    expect(trend.lower).toBeCloseTo(0.5910684734570177, 9);
    expect(trend.upper).toBeCloseTo(1.1755981932096486, 9);
  });

  it('is undefined by type where no line can be drawn', () => {
    expect(linearTrend([1, 2], [1, 2])).toMatchObject({ reason: 'fewer than three points' });
    expect(linearTrend([2, 2, 2], [1, 2, 3])).toMatchObject({ reason: 'x does not vary' });
    expect(() => linearTrend([1, 2], [1])).toThrow('equal lengths, got 2 and 1');
  });
});

describe('doublingTrend', () => {
  it('is the t interval of the slopes of the seeds', () => {
    const seed = (start: number, gain: number) =>
      [16, 64, 256].map((batchSize, i) => ({ batchSize, value: start + 2 * i * gain }));
    // Slopes 0.5, 1 and 1.5 a doubling: mean 1, s = 0.5, t(0.975, 2) = 4.302652729911275.
    const interval = doublingTrend([seed(60, 0.5), seed(70, 1), seed(65, 1.5)]);
    if (interval.kind !== 'interval') throw new Error(interval.reason);
    expect(interval.mean).toBeCloseTo(1, 12);
    expect(interval.halfWidth).toBeCloseTo((4.302652729911275 * 0.5) / Math.sqrt(3), 9);
  });

  it('refuses a seed with one batch size', () => {
    expect(() => doublingTrend([[{ batchSize: 16, value: 60 }]])).toThrow('seed 0');
  });
});
