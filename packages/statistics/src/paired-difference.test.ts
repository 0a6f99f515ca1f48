import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pairedDifference } from './paired-difference.ts';

const relativeError = (actual: number, expected: number): number =>
  Math.abs(actual - expected) / Math.abs(expected);

// Extra hours of sleep under two drugs (Student 1908; R's data set `sleep`).
const drugOne = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];
const drugTwo = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];

describe('pairedDifference', () => {
  // python3 -c "import numpy as np; from scipy import stats as S; a=np.array([...drugOne]); b=np.array([...drugTwo]);
  //   r=S.ttest_rel(a,b); x=a-b; print(x.mean(), r.statistic, r.df, r.pvalue, r.confidence_interval(), x.mean()/x.std(ddof=1))"
  // R prints the same: t = -4.0621, df = 9, p-value = 0.002833.
  it('is SciPy’s ttest_rel on Student’s sleep data', () => {
    const { n, meanDifference, interval, test } = pairedDifference(drugOne, drugTwo);
    if (interval.kind !== 'interval' || test.kind !== 'tested') throw new Error('ten pairs can be tested');
    expect(n).toBe(10);
    expect(meanDifference).toBeCloseTo(-1.58, 13);
    expect(relativeError(interval.lower, -2.459885763254729)).toBeLessThan(1e-10);
    expect(relativeError(interval.upper, -0.7001142367452712)).toBeLessThan(1e-10);
    expect(relativeError(test.t, -4.062127683382037)).toBeLessThan(1e-13);
    expect(test.degreesOfFreedom).toBe(9);
    expect(relativeError(test.pValue, 0.00283289019738427)).toBeLessThan(1e-12);
    expect(relativeError(test.effectSize, -1.2845575625910546)).toBeLessThan(1e-13);
  });

  // python3 -c "import numpy as np; from scipy import stats as S; d=np.array([49,-67,8,16,6,23,28,41,14,29,56,24,75,60,-48.]);
  //   r=S.ttest_1samp(d,0); print(r.statistic, r.pvalue, r.confidence_interval(), d.mean()/d.std(ddof=1))"
  it('is Fisher’s t = 2.148, p = 0.0497 on Darwin’s maize', () => {
    const darwin = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48];
    const { interval, test } = pairedDifference(
      darwin,
      darwin.map(() => 0),
    );
    if (interval.kind !== 'interval' || test.kind !== 'tested')
      throw new Error('fifteen pairs can be tested');
    expect(relativeError(test.t, 2.1479874613311205)).toBeLessThan(1e-13);
    expect(relativeError(test.pValue, 0.0497029440218009)).toBeLessThan(1e-12);
    expect(interval.lower).toBeCloseTo(0.03119331840152384, 8);
    expect(relativeError(interval.upper, 41.83547334826514)).toBeLessThan(1e-10);
    expect(relativeError(test.effectSize, 0.5546079777065185)).toBeLessThan(1e-13);
  });

  it('does not test differences that are zero, constant, or constant up to rounding', () => {
    const untestable = { kind: 'untestable', reason: 'the differences do not vary' };
    expect(pairedDifference([1, 2, 3], [1, 2, 3])).toMatchObject({ meanDifference: 0, test: untestable });
    expect(pairedDifference([2, 3, 4], [1, 2, 3])).toMatchObject({
      meanDifference: 1,
      interval: { kind: 'interval', lower: 1, upper: 1, halfWidth: 0 },
      test: untestable,
    });
    // 0.3 − 0.1 = 0.19999999999999998, 0.4 − 0.2 = 0.2: SciPy gives t = 7e15 here.
    expect(pairedDifference([0.3, 0.4, 0.9], [0.1, 0.2, 0.7]).test).toEqual(untestable);
  });

  it('does not test fewer than two pairs', () => {
    const test = { kind: 'untestable', reason: 'fewer than two pairs' };
    expect(pairedDifference([], [])).toMatchObject({ n: 0, meanDifference: null, test });
    expect(pairedDifference([3], [1])).toMatchObject({
      n: 1,
      meanDifference: 2,
      interval: { kind: 'undefined' },
      test,
    });
  });

  it('refuses unequal lengths and NaN', () => {
    expect(() => pairedDifference([1, 2], [1])).toThrow('equally long samples, got 2 and 1');
    expect(() => pairedDifference([1, 2], [1, Number.NaN])).toThrow('b[1] is NaN');
  });

  it('changes only its sign when a and b are exchanged', () => {
    const accuracy = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(accuracy, accuracy), { maxLength: 20 }), (pairs) => {
        const [a, b] = [pairs.map(([one]) => one), pairs.map(([, other]) => other)];
        const [forth, back] = [pairedDifference(a, b), pairedDifference(b, a)];
        expect((back.meanDifference ?? 0) + (forth.meanDifference ?? 0)).toBe(0);
        expect(back.test.kind).toBe(forth.test.kind);
        if (forth.test.kind === 'tested' && back.test.kind === 'tested') {
          expect(back.test.t + forth.test.t).toBe(0);
          expect(back.test.effectSize + forth.test.effectSize).toBe(0);
          expect(back.test.pValue).toBe(forth.test.pValue);
        }
      }),
      { seed: 1 },
    );
  });

  it('rejects at 5 % exactly when the 95 % interval excludes zero', () => {
    const accuracy = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(accuracy, accuracy), { minLength: 2, maxLength: 20 }), (pairs) => {
        const { interval, test } = pairedDifference(
          pairs.map(([one]) => one),
          pairs.map(([, other]) => other),
        );
        if (interval.kind !== 'interval' || test.kind !== 'tested') return;
        const margin = Math.abs(test.pValue - 0.05);
        if (margin > 1e-9) expect(test.pValue < 0.05).toBe(interval.lower > 0 || interval.upper < 0);
      }),
      { seed: 1 },
    );
  });
});
