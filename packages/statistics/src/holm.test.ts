import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holm } from './holm.ts';

describe('holm', () => {
  // python3 -c "from statsmodels.stats.multitest import multipletests as m; print(m(P, method='holm')[1])"   statsmodels 0.13.5
  it.each([
    [
      [0.01, 0.04, 0.03, 0.005],
      [0.03, 0.06, 0.06, 0.02],
    ],
    [
      [0.012, 0.2, 0.7, 0.0001, 0.03, 0.03, 0.9],
      [0.07200000000000001, 0.6000000000000001, 1, 0.0007, 0.15, 0.15, 1],
    ],
  ])('is statsmodels’ of %j', (pValues, expected) => {
    const adjusted = holm(pValues);
    expected.forEach((value, i) => {
      expect(adjusted[i]).toBeCloseTo(value, 14);
    });
  });

  it('leaves a single test and an empty family alone', () => {
    expect(holm([0.03])).toEqual([0.03]);
    expect(holm([])).toEqual([]);
  });

  it('keeps the order of the p values, is never below them and never above Bonferroni’s', () => {
    const p = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(p, { maxLength: 15 }), (pValues) => {
        const adjusted = holm(pValues);
        pValues.forEach((one, i) => {
          expect(adjusted[i]).toBeGreaterThanOrEqual(one);
          expect(adjusted[i]).toBeLessThanOrEqual(Math.min(1, one * pValues.length));
          pValues.forEach((other, j) => {
            if (one <= other) expect(adjusted[i]).toBeLessThanOrEqual(adjusted[j]!);
          });
        });
      }),
      { seed: 1 },
    );
  });

  it('refuses a number that is no probability', () => {
    expect(() => holm([0.5, 1.2])).toThrow('pValues[1] must lie in [0, 1], got 1.2');
    expect(() => holm([Number.POSITIVE_INFINITY])).toThrow('pValues[0]');
  });

  it('counts missing and undefined tests with p = 1, in the list or beyond it', () => {
    expect(holm([Number.NaN, 0.01, null])).toEqual(holm([1, 0.01, 1]));
    expect(holm([0.01, 0.04], 4)).toEqual(holm([0.01, 0.04, 1, 1]).slice(0, 2));
    expect(holm([null])).toEqual([1]);
  });

  it('refuses a family that is smaller than its list', () => {
    expect(() => holm([0.1, 0.2], 1)).toThrow('the family has 1 tests, but 2 p values are given');
    expect(() => holm([0.1], Number.NaN)).toThrow('the family has NaN tests');
  });
});
