import { describe, expect, it } from 'vitest';
import { wilcoxonSignedRank } from './wilcoxon-signed-rank.ts';

const zeros = (sample: readonly number[]): number[] => sample.map(() => 0);

describe('wilcoxonSignedRank', () => {
  // python3 -c "from scipy.stats import wilcoxon; print(wilcoxon([49,-67,8,16,6,23,28,41,14,29,56,24,75,60,-48]))"   SciPy 1.17.1
  it('is SciPy’s exact test on Darwin’s maize', () => {
    const maize = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48];
    const { statistic, pValue, method, effectSize } = wilcoxonSignedRank(maize, zeros(maize));
    expect({ statistic, pValue, method }).toEqual({
      statistic: 24,
      pValue: 0.041259765625,
      method: 'exact',
    });
    expect(effectSize).toBeCloseTo((96 - 24) / 120, 14);
  });

  // Hollander & Wolfe 1973, p. 29, as in R's help page of wilcox.test: V = 40, one-sided p = 0.01953.
  it('is Hollander and Wolfe’s depression study', () => {
    const before = [1.83, 0.5, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.3];
    const after = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29];
    expect(wilcoxonSignedRank(before, after)).toMatchObject({ statistic: 5, pValue: 0.0390625 });
  });

  it('counts every sign pattern where there are ties and zeros', () => {
    const differences = [1, -2, 2, 3, -1, 4, 5, 0, 0, 6, 2, 2];
    // By enumeration: midranks 1.5 1.5 (1), 4.5 × 4 (2), 7 (3), 8 (4), 9 (5), 10 (6); T = 4.5 + 1.5.
    const ranks = [1.5, 4.5, 4.5, 7, 1.5, 8, 9, 10, 4.5, 4.5];
    let extreme = 0;
    for (let signs = 0; signs < 2 ** 10; signs++) {
      const sum = ranks.reduce((total, rank, i) => total + ((signs >> i) & 1 ? rank : 0), 0);
      if (Math.min(sum, 55 - sum) <= 6) extreme++;
    }
    expect(wilcoxonSignedRank(differences, zeros(differences))).toMatchObject({
      n: 10,
      statistic: 6,
      pValue: extreme / 2 ** 10,
    });
    expect(extreme / 2 ** 10).toBe(0.03125);
  });

  // python3 -c "import numpy as np; from scipy.stats import wilcoxon as w; d=np.sin(np.arange(40)*1.7)+0.3;
  //   t=np.array([1,1,2,-2,3,3,-1,4,5,5]*4)+0.; print(*[w(x, correction=False, mode='approx') for x in (d, t)])"
  it('is SciPy’s normal approximation with more pairs, tied or not', () => {
    const waves = Array.from({ length: 40 }, (_, i) => Math.sin(i * 1.7) + 0.3);
    const tied = Array.from({ length: 40 }, (_, i) => [1, 1, 2, -2, 3, 3, -1, 4, 5, 5][i % 10]!);
    expect(wilcoxonSignedRank(waves, zeros(waves)).pValue).toBeCloseTo(0.01339096649520753, 14);
    const { statistic, pValue, method } = wilcoxonSignedRank(tied, zeros(tied));
    expect({ statistic, method }).toEqual({ statistic: 92, method: 'normal' });
    expect(pValue).toBeCloseTo(1.700062528873349e-5, 14);
  });

  it('finds nothing where no pair differs', () => {
    expect(wilcoxonSignedRank([1, 2], [1, 2])).toMatchObject({ n: 0, pValue: 1 });
  });
});
