/**
 * The paired comparison of two methods over novel classes: how much better is one on another class, trained again?
 *
 * The estimand is the mean over classes of the difference a − b; seeds are averaged within a class first. Each class
 * counts once, however many seeds or episodes it has. The interval and the tests are Student's t over folds
 * (`meanOverFolds`): they hold for effects of fold, of training run and of class together.
 */
import { studentTLowerP, studentTQuantile, studentTTwoSidedP } from '../student-t.ts';
import { type ClassAccuracy, pairClasses } from './class-accuracy.ts';
import { meanOverFolds } from './mean-over-folds.ts';

/** a − b in points of accuracy. */
export type Difference =
  | {
      readonly kind: 'estimated';
      readonly difference: number;
      readonly standardError: number;
      readonly degreesOfFreedom: number;
    }
  /** Both methods have the same accuracy in every class of every run: the same method under two names. */
  | { readonly kind: 'identical'; readonly difference: 0 }
  | {
      readonly kind: 'undefined';
      /** null without a class of both methods. */
      readonly difference: number | null;
      readonly reason:
        | 'no class of both methods'
        | 'fewer than two folds'
        | 'all folds have the same difference';
    };

export interface ClassDifference {
  readonly difference: Difference;
  readonly folds: number;
  readonly classes: number;
  /** Training runs, each a fold and a seed, that both methods have. */
  readonly runs: number;
  /** Accuracies of one method alone. They are left out. */
  readonly unpaired: number;
}

/**
 * @param a, b accuracies in percent; folds may differ in size, seeds may be missing
 * @throws RangeError when an accuracy is not finite or is given twice, or a class lies in two folds
 */
export function classDifference(a: readonly ClassAccuracy[], b: readonly ClassAccuracy[]): ClassDifference {
  const { folds, runs, unpaired, identical } = pairClasses(a, b);
  const pairs = folds.flat();
  const differences = folds.map((fold) => fold.map(({ difference }) => difference));
  const magnitude = pairs.reduce((most, pair) => Math.max(most, Math.abs(pair.a), Math.abs(pair.b)), 0);
  return {
    difference:
      identical && folds.length >= 2
        ? { kind: 'identical', difference: 0 }
        : overFolds(differences, magnitude),
    folds: folds.length,
    classes: pairs.length,
    runs,
    unpaired,
  };
}

function overFolds(folds: readonly (readonly number[])[], magnitude: number): Difference {
  const all = folds.flat();
  if (all.length === 0) return { kind: 'undefined', difference: null, reason: 'no class of both methods' };
  if (folds.length < 2) {
    const difference = all.reduce((sum, value) => sum + value, 0) / all.length;
    return { kind: 'undefined', difference, reason: 'fewer than two folds' };
  }
  const { mean: difference, standardError, degreesOfFreedom } = meanOverFolds(folds);
  // A spread no wider than the rounding of the accuracies is none. A test would find p = 0 by chance.
  if (standardError <= 8 * Number.EPSILON * magnitude) {
    return { kind: 'undefined', difference, reason: 'all folds have the same difference' };
  }
  return { kind: 'estimated', difference, standardError, degreesOfFreedom };
}

export interface Bounds {
  readonly lower: number;
  readonly upper: number;
  /** Coverage, e.g. 0.95. */
  readonly level: number;
}

/**
 * Student's t interval of the difference, not adjusted for other comparisons; null where the difference is undefined.
 * @param level coverage in (0, 1)
 */
export function differenceInterval(difference: Difference, level: number): Bounds | null {
  if (difference.kind === 'undefined') return null;
  if (difference.kind === 'identical') return { lower: 0, upper: 0, level };
  const halfWidth = studentTQuantile(0.5 + level / 2, difference.degreesOfFreedom) * difference.standardError;
  return { lower: difference.difference - halfWidth, upper: difference.difference + halfWidth, level };
}

/** Two-sided p value of no difference; 1 for identical methods, null where the difference is undefined. */
export function differenceP(difference: Difference): number | null {
  if (difference.kind === 'undefined') return null;
  if (difference.kind === 'identical') return 1;
  return studentTTwoSidedP(difference.difference / difference.standardError, difference.degreesOfFreedom);
}

/**
 * Equivalence by two one-sided tests (Schuirmann 1987): the larger p value of "at most −margin" and "at least +margin".
 * It is at most α exactly when the 1 − 2α interval lies inside ±margin. 0 for identical methods, null where the difference
 * is undefined.
 *
 * @param margin in points, above 0
 */
export function equivalenceP(difference: Difference, margin: number): number | null {
  requireMargin(margin);
  if (difference.kind === 'undefined') return null;
  if (difference.kind === 'identical') return 0;
  const { difference: d, standardError, degreesOfFreedom } = difference;
  const aboveLower = studentTLowerP(-(d + margin) / standardError, degreesOfFreedom);
  const belowUpper = studentTLowerP((d - margin) / standardError, degreesOfFreedom);
  return Math.max(aboveLower, belowUpper);
}

/**
 * The smallest margin in points at which `equivalenceP` is at most `alpha`: the far end of the 1 − 2α interval. null where the
 * difference is undefined.
 */
export function smallestMargin(difference: Difference, alpha: number): number | null {
  const interval = differenceInterval(difference, 1 - 2 * alpha);
  return interval === null ? null : Math.max(-interval.lower, interval.upper);
}

function requireMargin(margin: number): void {
  if (!(margin > 0 && margin < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`a margin of equivalence must be finite and above 0 points, got ${margin}`);
  }
}
