import { describe, expect, it } from 'vitest';
import { friedman, nemenyi, studentizedRangeP } from './friedman.ts';

const scores = [
  [0.81, 0.83, 0.86, 0.79, 0.8],
  [0.62, 0.6, 0.66, 0.58, 0.64],
  [0.91, 0.92, 0.95, 0.9, 0.93],
  [0.55, 0.58, 0.57, 0.54, 0.56],
  [0.73, 0.77, 0.79, 0.71, 0.7],
  [0.88, 0.85, 0.89, 0.86, 0.84],
];

describe('friedman', () => {
  // python3: S.friedmanchisquare(*A.T); F = (n-1)*x/(n*(k-1)-x), S.f.sf(F, k-1, (k-1)*(n-1));
  //   S.studentized_range.sf(abs(R[i]-R[j]) / sqrt(k*(k+1)/(6*n)) * sqrt(2), k, inf)   SciPy 1.17.1
  it('is SciPy’s, with Iman and Davenport’s F and Nemenyi’s pairs', () => {
    const result = friedman(scores)!;
    [19 / 6, 16 / 6, 7 / 6, 27 / 6, 21 / 6].forEach((rank, j) => {
      expect(result.meanRanks[j]).toBeCloseTo(rank, 13);
    });
    expect(result.chiSquare).toBeCloseTo(14.4, 12);
    expect(result.pValue).toBeCloseTo(0.006122003628688793, 13);
    expect(result.f).toBeCloseTo(7.5, 11);
    expect(result.fPValue).toBeCloseTo(0.0007340032000000061, 13);
    const pairs = nemenyi(result.meanRanks, 6);
    expect(pairs[1]![0]).toBeCloseTo(0.9822460311764949, 9);
    expect(pairs[2]![0]).toBeCloseTo(0.18304167058768717, 9);
    expect(pairs[3]![2]).toBeCloseTo(0.0024211744755220366, 9);
  });

  // python3: S.friedmanchisquare(*A.T), S.rankdata(-a) of each row.   SciPy 1.17.1
  it('corrects for ties as SciPy does', () => {
    const table = [
      [0.763, 0.768, 0.771, 0.798],
      [0.599, 0.591, 0.59, 0.569],
      [0.954, 0.971, 0.968, 0.967],
      [0.628, 0.661, 0.654, 0.657],
      [0.882, 0.888, 0.886, 0.898],
      [0.936, 0.931, 0.916, 0.931],
      [0.661, 0.668, 0.609, 0.685],
      [0.583, 0.583, 0.563, 0.625],
      [0.775, 0.838, 0.866, 0.875],
      [1, 1, 1, 1],
      [0.94, 0.962, 0.965, 0.962],
      [0.619, 0.666, 0.614, 0.669],
      [0.972, 0.981, 0.975, 0.975],
      [0.957, 0.978, 0.946, 0.97],
    ];
    const result = friedman(table)!;
    [44, 28, 41, 27].forEach((sum, j) => {
      expect(result.meanRanks[j]).toBeCloseTo(sum / 14, 13);
    });
    expect(result.chiSquare).toBeCloseTo(10.952380952380956, 12);
    expect(result.pValue).toBeCloseTo(0.011986176325417788, 13);
  });

  it('returns null if all methods are equal, and refuses rows that form no table', () => {
    expect(
      friedman([
        [1, 1],
        [2, 2],
      ]),
    ).toBeNull();
    expect(() => friedman([[1, 2]])).toThrow('two data sets');
    expect(() => friedman([[1, 2], [1]])).toThrow('scores[1] has 1 methods, expected 2');
  });
});

describe('studentizedRangeP', () => {
  // python3 -c "import numpy as np; from scipy.stats import studentized_range as s; print(s.sf(Q, K, np.inf))"   SciPy 1.17.1
  it.each([
    [1, 2, 0.4795001221869535],
    [3.5, 3, 0.03555704186316044],
    [2.2, 5, 0.5261007111218936],
    [5, 10, 0.014857437887783598],
    [0.3, 4, 0.9966286136678448],
  ])('is SciPy’s at q = %d, k = %d', (q, k, expected) => {
    expect(studentizedRangeP(q, k)).toBeCloseTo(expected, 10);
  });

  // Demšar 2006, table 5a: critical values of Nemenyi's test at 0.05, already divided by √2.
  it.each([
    [2, 1.96],
    [3, 2.343],
    [4, 2.569],
    [5, 2.728],
    [10, 3.164],
  ])('puts 5 %% beyond Demšar’s critical value for %d methods', (k, critical) => {
    expect(studentizedRangeP(critical * Math.SQRT2, k)).toBeCloseTo(0.05, 3);
  });
});
