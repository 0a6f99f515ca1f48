import { describe, expect, it } from 'vitest';
import { doublingTrend } from './doubling-trend.ts';

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

  // python3 -c "import numpy as np; from scipy import stats as S; x=np.log2([16,64,256,1024]); s=[S.linregress(x,y).slope for y in
  //   ([61,63.1,65.5,65],[62.5,62.2,64.1,66.9],[60.2,64,66.2,67.3])]; print(S.t.interval(.95,2,loc=np.mean(s),scale=S.sem(s)))"
  it('has the slopes of SciPy’s linregress', () => {
    const batches = [16, 64, 256, 1024];
    const seeds = [
      [61, 63.1, 65.5, 65],
      [62.5, 62.2, 64.1, 66.9],
      [60.2, 64, 66.2, 67.3],
    ].map((values) => values.map((value, i) => ({ batchSize: batches[i]!, value })));
    const interval = doublingTrend(seeds);
    if (interval.kind !== 'interval') throw new Error(interval.reason);
    expect(interval.lower).toBeCloseTo(0.25435901788917814, 9);
    expect(interval.upper).toBeCloseTo(1.5123076487774885, 9);
  });

  it('refuses a seed with one batch size', () => {
    expect(() => doublingTrend([[{ batchSize: 16, value: 60 }]])).toThrow('seed 0');
  });
});
