/**
 * The ratio of two methods' mean error rates, for accuracies near the ceiling: 99 % beside 98 % is half the errors.
 *
 * The interval is Fieller's (1954) over folds. It holds every ratio r for which the mean over classes of error(a) − r · error(b)
 * does not differ from 0 by the test of `classDifference`. So it excludes 1 exactly when that test finds a difference.
 */
import { mean } from '../moments.ts';
import { studentTQuantile } from '../student-t.ts';
import { type ClassAccuracy, type PairedClass, pairClasses } from './class-accuracy.ts';
import { meanOverFolds } from './mean-over-folds.ts';

/** error(a) / error(b): below 1 when a is better. */
export type ErrorRatio =
  | {
      readonly kind: 'interval';
      readonly ratio: number;
      readonly lower: number;
      readonly upper: number;
      readonly level: number;
    }
  | {
      readonly kind: 'undefined';
      /** null where b has no errors or there is no pair. */
      readonly ratio: number | null;
      readonly reason:
        | 'no class of both methods'
        | 'fewer than two folds'
        | 'the other method has no errors'
        | 'errors are too few for an interval';
    };

/**
 * @param a, b accuracies in percent, at most 100
 * @param level coverage of the interval in (0, 1)
 * @throws RangeError as `classDifference`, and when an accuracy is above 100
 */
export function errorRatio(
  a: readonly ClassAccuracy[],
  b: readonly ClassAccuracy[],
  level: number,
): ErrorRatio {
  const { folds, identical } = pairClasses(a, b);
  const above = [...a, ...b].find(({ accuracy }) => accuracy > 100);
  if (above !== undefined) {
    throw new RangeError(
      `class "${above.class}" has an accuracy of ${above.accuracy} %; at most 100 is possible`,
    );
  }
  const classes = folds.flat();
  if (classes.length === 0) return undefinedRatio(null, 'no class of both methods');
  const errorsOfB = mean(classes.map((pair) => 100 - pair.b));
  if (errorsOfB === 0) return undefinedRatio(null, 'the other method has no errors');
  const ratio = mean(classes.map((pair) => 100 - pair.a)) / errorsOfB;
  if (folds.length < 2) return undefinedRatio(ratio, 'fewer than two folds');
  // The same method under two names has this ratio whatever its errors are.
  const bounds = identical ? { lower: 1, upper: 1 } : fieller(folds, level);
  if (bounds === null) return undefinedRatio(ratio, 'errors are too few for an interval');
  return { kind: 'interval', ratio, ...bounds, level };
}

/**
 * The roots of (ā − r b̄)² = t² · (V_aa − 2 r V_ab + r² V_bb); null where the ratios that are not rejected have no upper bound.
 */
function fieller(
  folds: readonly (readonly PairedClass[])[],
  level: number,
): { readonly lower: number; readonly upper: number } | null {
  const errors = (of: (pair: PairedClass) => number) => meanOverFolds(folds.map((fold) => fold.map(of)));
  const ofA = errors(({ a }) => 100 - a);
  const ofB = errors(({ b }) => 100 - b);
  const ofDifference = errors(({ difference }) => difference);
  const squaredT = studentTQuantile(0.5 + level / 2, ofA.degreesOfFreedom) ** 2;
  const [varianceA, varianceB] = [ofA.standardError ** 2, ofB.standardError ** 2];
  const covariance = (varianceA + varianceB - ofDifference.standardError ** 2) / 2;
  const quadratic = ofB.mean ** 2 - squaredT * varianceB;
  const linear = ofA.mean * ofB.mean - squaredT * covariance;
  const constant = ofA.mean ** 2 - squaredT * varianceA;
  if (quadratic <= 0) return null;
  const root = Math.sqrt(Math.max(0, linear ** 2 - quadratic * constant));
  return { lower: Math.max(0, (linear - root) / quadratic), upper: (linear + root) / quadratic };
}

function undefinedRatio(
  ratio: number | null,
  reason: Extract<ErrorRatio, { kind: 'undefined' }>['reason'],
): ErrorRatio {
  return { kind: 'undefined', ratio, reason };
}
