import { describe, expect, it } from 'vitest';
import { methodsOf, namedOracles } from '../testing/class-oracles.ts';
import type { ClassAccuracy } from './class-accuracy.ts';
import { classDifference, differenceP } from './class-difference.ts';
import { type ErrorRatio, errorRatio } from './error-ratio.ts';

function interval(ratio: ErrorRatio): Extract<ErrorRatio, { kind: 'interval' }> {
  if (ratio.kind !== 'interval') throw new Error(ratio.reason);
  return ratio;
}

/** One class a fold. */
function onePerFold(values: readonly number[]): ClassAccuracy[] {
  return values.map((accuracy, fold) => ({ fold: `${fold}`, class: `${fold}`, seed: 0, accuracy }));
}

describe('errorRatio', () => {
  it.each(namedOracles)('has the bounds at which R’s test just does not reject: %s', (_, oracle) => {
    const { ratio, lower, upper } = interval(errorRatio(...methodsOf(oracle), 0.95));
    expect(ratio).toBeCloseTo(oracle.ratio.ratio, 12);
    expect(lower).toBeCloseTo(oracle.ratio.lower, 9);
    expect(upper).toBeCloseTo(oracle.ratio.upper, 9);
  });

  it.each(namedOracles)('excludes 1 exactly when the difference is found: %s', (_, oracle) => {
    const [a, b] = methodsOf(oracle);
    const p = differenceP(classDifference(a, b).difference)!;
    const inside = interval(errorRatio(a, b, 1 - p - 1e-6));
    const outside = interval(errorRatio(a, b, 1 - p + 1e-6));
    expect(inside.lower > 1 || inside.upper < 1).toBe(true);
    expect(outside.lower < 1 && outside.upper > 1).toBe(true);
  });

  it.each(namedOracles)('is the reciprocal for exchanged methods: %s', (_, oracle) => {
    const [a, b] = methodsOf(oracle);
    const [forth, back] = [interval(errorRatio(a, b, 0.95)), interval(errorRatio(b, a, 0.95))];
    expect(back.ratio * forth.ratio).toBeCloseTo(1, 12);
    expect(back.lower * forth.upper).toBeCloseTo(1, 9);
    expect(back.upper * forth.lower).toBeCloseTo(1, 9);
  });

  it('is 1 without width for one method under two names', () => {
    const a = onePerFold([98, 99, 97.5]);
    expect(interval(errorRatio(a, a, 0.95))).toEqual({
      kind: 'interval',
      ratio: 1,
      lower: 1,
      upper: 1,
      level: 0.95,
    });
  });

  it('says why there is no interval', () => {
    const some = onePerFold([98, 98.1, 97.9]);
    const all = onePerFold([100, 100, 100]);
    expect(errorRatio(some, all, 0.95)).toEqual({
      kind: 'undefined',
      ratio: null,
      reason: 'the other method has no errors',
    });
    expect(errorRatio(all, some, 0.95)).toMatchObject({ kind: 'interval', ratio: 0, lower: 0 });
    expect(errorRatio(some, onePerFold([100, 100, 97]), 0.95)).toMatchObject({
      ratio: expect.closeTo(2, 12),
      reason: 'errors are too few for an interval',
    });
    expect(errorRatio(onePerFold([98]), onePerFold([96]), 0.95)).toMatchObject({
      ratio: 0.5,
      reason: 'fewer than two folds',
    });
    expect(errorRatio([], some, 0.95)).toMatchObject({ ratio: null, reason: 'no class of both methods' });
    expect(() => errorRatio(onePerFold([101]), some, 0.95)).toThrow('class "0" has an accuracy of 101 %');
  });
});
