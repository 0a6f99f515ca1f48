import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { methodsOf, namedOracles } from '../testing/class-oracles.ts';
import type { ClassAccuracy } from './class-accuracy.ts';
import {
  classDifference,
  type Difference,
  differenceInterval,
  differenceP,
  equivalenceP,
  smallestMargin,
} from './class-difference.ts';

function estimated(difference: Difference): Extract<Difference, { kind: 'estimated' }> {
  if (difference.kind !== 'estimated') throw new Error(difference.kind);
  return difference;
}

const close = (actual: number, expected: number, relative = 1e-9) =>
  expect(Math.abs(actual - expected)).toBeLessThan(relative * Math.abs(expected));

/** Accuracies of one class a fold and seed, from a table of folds × classes. */
function accuracies(table: readonly (readonly number[])[], seeds = [0]): ClassAccuracy[] {
  return table.flatMap((values, fold) =>
    values.flatMap((accuracy, k) =>
      seeds.map((seed) => ({ fold: `${fold}`, class: `${fold}-${k}`, seed, accuracy })),
    ),
  );
}

describe('classDifference', () => {
  it.each(namedOracles)('is R’s brute force: %s', (_, oracle) => {
    const { difference, folds, classes, unpaired } = classDifference(...methodsOf(oracle));
    const actual = estimated(difference);
    close(actual.difference, oracle.difference);
    close(actual.standardError, oracle.standardError);
    close(actual.degreesOfFreedom, oracle.degreesOfFreedom);
    const interval = differenceInterval(difference, 0.95)!;
    close(interval.lower, oracle.lower, 1e-8);
    close(interval.upper, oracle.upper, 1e-8);
    close(differenceP(difference)!, oracle.p, 1e-8);
    expect(folds).toBe(new Set(oracle.rows.map(([fold]) => fold)).size);
    expect(classes).toBe(new Set(oracle.rows.map(([, name]) => name)).size);
    expect(unpaired).toBe(0);
  });

  it.each(namedOracles)('takes the larger of R’s two one-sided p values: %s', (_, oracle) => {
    const { difference } = classDifference(...methodsOf(oracle));
    for (const { margin, above, below } of oracle.tost) {
      close(equivalenceP(difference, margin)!, Math.max(above, below), 1e-8);
    }
  });

  // REML with effects of fold, training run and class has this mean and this standard error where folds are equal and no variance
  // is estimated as 0.
  it('agrees with the mixed model of nlme for equal folds', () => {
    const oracle = namedOracles.find(([name]) => name === 'equal folds')![1];
    const { difference, standardError } = estimated(classDifference(...methodsOf(oracle)).difference);
    close(difference, oracle.mixed.mean, 1e-12);
    close(standardError, oracle.mixed.standardError, 1e-5);
  });

  // The mixed model weights small folds more and estimates no negative variance, so the two differ a little.
  it.each(namedOracles)('lies near the mixed model of nlme: %s', (_, oracle) => {
    const { difference, standardError } = estimated(classDifference(...methodsOf(oracle)).difference);
    expect(Math.abs(difference - oracle.mixed.mean)).toBeLessThan(standardError);
    expect(standardError / oracle.mixed.standardError).toBeGreaterThan(0.7);
    expect(standardError / oracle.mixed.standardError).toBeLessThan(1.2);
  });

  it.each(namedOracles)('mirrors exchanged methods to the last bit: %s', (_, oracle) => {
    const [a, b] = methodsOf(oracle);
    const [forth, back] = [classDifference(a, b), classDifference(b, a)];
    const [one, other] = [estimated(forth.difference), estimated(back.difference)];
    expect(other.difference).toBe(-one.difference);
    expect({ ...back, difference: { ...other, difference: one.difference } }).toEqual(forth);
    expect(differenceP(other)).toBe(differenceP(one));
    const [interval, mirrored] = [differenceInterval(one, 0.95)!, differenceInterval(other, 0.95)!];
    expect([mirrored.lower, mirrored.upper]).toEqual([-interval.upper, -interval.lower]);
    for (const margin of [0.1, 1, 3]) expect(equivalenceP(other, margin)).toBe(equivalenceP(one, margin));
    expect(smallestMargin(other, 0.05)).toBe(smallestMargin(one, 0.05));
  });

  it.each(namedOracles)('does not see the order of its input: %s', (_, oracle) => {
    const [a, b] = methodsOf(oracle);
    expect(classDifference(a.toReversed(), b)).toEqual(classDifference(a, b));
  });

  it.each(namedOracles)('narrows nothing for seeds that are copies: %s', (_, oracle) => {
    const doubled = (entries: readonly ClassAccuracy[]) => [
      ...entries,
      ...entries.map((entry) => ({ ...entry, seed: entry.seed + 100 })),
    ];
    const [a, b] = methodsOf(oracle);
    const once = estimated(classDifference(a, b).difference);
    const { difference, runs } = classDifference(doubled(a), doubled(b));
    const twice = estimated(difference);
    close(twice.difference, once.difference, 1e-12);
    close(twice.standardError, once.standardError, 1e-12);
    expect(twice.degreesOfFreedom).toBe(once.degreesOfFreedom);
    expect(runs).toBe(2 * classDifference(a, b).runs);
  });

  it.each(namedOracles)('narrows nothing for classes of a fold that are copies: %s', (_, oracle) => {
    const doubled = (entries: readonly ClassAccuracy[]) => [
      ...entries,
      ...entries.map((entry) => ({ ...entry, class: `${entry.class} again` })),
    ];
    const [a, b] = methodsOf(oracle);
    const once = estimated(classDifference(a, b).difference);
    const twice = estimated(classDifference(doubled(a), doubled(b)).difference);
    close(twice.standardError, once.standardError, 1e-12);
    close(twice.degreesOfFreedom, once.degreesOfFreedom, 1e-12);
  });

  it('counts a class once, however many seeds it has', () => {
    const a = [...accuracies([[70, 80], [60]]), { fold: '0', class: '0-0', seed: 1, accuracy: 72 }];
    const b = a.map((entry) => ({ ...entry, accuracy: 60 }));
    // (71 − 60 + 20 + 0) / 3
    expect(classDifference(a, b).difference.difference).toBeCloseTo(31 / 3, 12);
  });

  it('leaves out what one method alone has, and counts it', () => {
    const a = accuracies([[70, 80], [60, 65], [50]], [0, 1]);
    const b = accuracies(
      [
        [69, 77],
        [62, 64],
      ],
      [0],
    );
    const { folds, classes, runs, unpaired } = classDifference(a, b);
    expect({ folds, classes, runs, unpaired }).toEqual({ folds: 2, classes: 4, runs: 2, unpaired: 6 });
  });

  it('finds the same method under two names identical: p = 1, interval [0, 0], equivalent at every margin', () => {
    const a = accuracies([[70, 80], [60, 65], [50]], [0, 1]);
    const { difference } = classDifference(a, a);
    expect(difference).toEqual({ kind: 'identical', difference: 0 });
    expect(differenceP(difference)).toBe(1);
    expect(differenceInterval(difference, 0.95)).toEqual({ lower: 0, upper: 0, level: 0.95 });
    expect(equivalenceP(difference, 0.001)).toBe(0);
    expect(smallestMargin(difference, 0.05)).toBe(0);
  });

  it('makes no test of differences that are the same in all folds, nor of one fold, nor of none', () => {
    const b = accuracies([
      [70.1, 80.3],
      [60.7, 65.9],
    ]);
    const higher = b.map((entry) => ({ ...entry, accuracy: entry.accuracy + 0.2 }));
    // Class by class they differ, fold by fold they do not.
    const crossed = accuracies([
      [71, 79],
      [62, 64],
    ]);
    const even = accuracies([
      [70, 80],
      [60, 66],
    ]);
    const none = { kind: 'undefined', reason: 'all folds have the same difference' };
    expect(classDifference(higher, b).difference).toMatchObject(none);
    expect(classDifference(crossed, even).difference).toMatchObject({ ...none, difference: 0 });
    const one = classDifference(accuracies([[70, 80]]), accuracies([[69, 78]])).difference;
    expect(one).toEqual({ kind: 'undefined', difference: 1.5, reason: 'fewer than two folds' });
    const empty = classDifference([], b).difference;
    expect(empty).toEqual({ kind: 'undefined', difference: null, reason: 'no class of both methods' });
    for (const untestable of [classDifference(higher, b).difference, one, empty]) {
      expect(differenceP(untestable)).toBeNull();
      expect(differenceInterval(untestable, 0.95)).toBeNull();
      expect(equivalenceP(untestable, 1)).toBeNull();
      expect(smallestMargin(untestable, 0.05)).toBeNull();
    }
  });

  it('refuses NaN, an accuracy given twice, a class of two folds, and a margin of 0', () => {
    const a = accuracies([[70], [60]]);
    expect(() => classDifference([{ ...a[0]!, accuracy: Number.NaN }], a)).toThrow(
      'a[0] (fold "0", class "0-0", seed 0) is NaN',
    );
    expect(() => classDifference(a, [...a, a[1]!])).toThrow(
      'b[2] (fold "1", class "1-0", seed 0) is there twice',
    );
    expect(() => classDifference(a, [{ ...a[0]!, fold: '1' }])).toThrow(
      'b[0] (fold "1", class "0-0", seed 0) lies in fold "0", too',
    );
    expect(() => equivalenceP(classDifference(a, a).difference, 0)).toThrow('above 0 points, got 0');
  });
});

describe('equivalenceP', () => {
  // python3 -c "from scipy.stats import t; d,s,v,m=D,S,V,M; print(t.sf((d+m)/s,v), t.cdf((d-m)/s,v))"   SciPy 1.17.1; the larger one
  it.each([
    [0.4, 0.3, 7, 1, 0.042809664281488025],
    [-0.4, 0.3, 7, 1, 0.042809664281488025],
    [1.3, 0.3, 7, 1, 0.8246916685898963],
    [-0.05, 0.2, 4.5, 0.6, 0.022579420828309788],
  ])(
    'is the larger of SciPy’s p values: %d ± %d, %d degrees of freedom, margin %d',
    (d, s, v, margin, expected) => {
      close(
        equivalenceP({ kind: 'estimated', difference: d, standardError: s, degreesOfFreedom: v }, margin)!,
        expected,
        1e-10,
      );
    },
  );

  it('is at most α exactly when the 1 − 2α interval lies inside the margin, which is when the smallest margin is reached', () => {
    const alpha = fc.double({ min: 0.001, max: 0.2, noNaN: true });
    const points = fc.double({ min: -3, max: 3, noNaN: true });
    const spread = fc.double({ min: 0.05, max: 2, noNaN: true });
    fc.assert(
      fc.property(
        points,
        spread,
        fc.integer({ min: 1, max: 30 }),
        alpha,
        spread,
        (d, s, v, level, margin) => {
          const difference: Difference = {
            kind: 'estimated',
            difference: d,
            standardError: s,
            degreesOfFreedom: v,
          };
          const p = equivalenceP(difference, margin)!;
          if (Math.abs(p - level) < 1e-9) return;
          const { lower, upper } = differenceInterval(difference, 1 - 2 * level)!;
          expect(lower > -margin && upper < margin).toBe(p <= level);
          expect(smallestMargin(difference, level)! < margin).toBe(p <= level);
        },
      ),
      { seed: 1 },
    );
  });
});
