/**
 * The paired comparison of two methods on the same seeds or episodes.
 *
 * The result has Student's paired t test, its interval, and Cohen's d_z = mean difference / standard deviation of the
 * differences (Lakens 2013, eq. 6). Pairing removes the effects that both methods share: a hard split, a lucky seed.
 *
 * If all pairs differ by the same amount, the t statistic is 0/0 or x/0. SciPy returns NaN or p = 0, and both mislead:
 * three equal seeds prove nothing beyond all doubt. So the test is then `untestable` and gives a reason. Equality of the
 * amounts allows for the rounding of the inputs: 0.3 − 0.1 and 0.4 − 0.2 differ by an ulp, not by an effect.
 */
import { type Interval, meanInterval } from './interval.ts';
import { mean, requireFinite, sampleStandardDeviation } from './moments.ts';
import { studentTTwoSidedP } from './student-t.ts';

/** a − b over n pairs, in the unit of the inputs. */
export interface PairedDifference {
  readonly n: number;
  /** Mean of a[i] − b[i]; null without pairs. */
  readonly meanDifference: number | null;
  /** Student's t interval of the mean difference. */
  readonly interval: Interval;
  readonly test: PairedTTest;
}

export type PairedTTest =
  | {
      readonly kind: 'tested';
      readonly t: number;
      readonly degreesOfFreedom: number;
      /** Two-sided. */
      readonly pValue: number;
      /** Cohen's d_z; positive when a is larger. */
      readonly effectSize: number;
    }
  | { readonly kind: 'untestable'; readonly reason: 'fewer than two pairs' | 'the differences do not vary' };

/**
 * Compares a with b, pair by pair.
 * @param a, b equally long lists of finite numbers; a[i] and b[i] share their seed or episode
 * @param level coverage of the interval, in (0, 1)
 * @throws RangeError when the lengths differ or a number is not finite
 */
export function pairedDifference(a: readonly number[], b: readonly number[], level = 0.95): PairedDifference {
  const differences = pairedDifferences(a, b);
  const n = differences.length;
  const interval = meanInterval(differences, level);
  if (interval.kind === 'undefined') {
    const test = { kind: 'untestable', reason: 'fewer than two pairs' } as const;
    return { n, meanDifference: interval.mean, interval, test };
  }
  const meanDifference = interval.mean;
  if (!varies(differences, [...a, ...b])) {
    const exact = { ...interval, lower: meanDifference, upper: meanDifference, halfWidth: 0 };
    const test = { kind: 'untestable', reason: 'the differences do not vary' } as const;
    return { n, meanDifference, interval: exact, test };
  }
  const effectSize = meanDifference / sampleStandardDeviation(differences);
  const t = effectSize * Math.sqrt(n);
  const degreesOfFreedom = n - 1;
  const pValue = studentTTwoSidedP(t, degreesOfFreedom);
  return {
    n,
    meanDifference,
    interval,
    test: { kind: 'tested', t, degreesOfFreedom, pValue, effectSize },
  };
}

/**
 * a[i] − b[i].
 * @throws RangeError when the lengths differ or a number is not finite
 */
function pairedDifferences(a: readonly number[], b: readonly number[]): number[] {
  if (a.length !== b.length) {
    throw new RangeError(`pairs need equally long samples, got ${a.length} and ${b.length}`);
  }
  requireFinite(a, 'a');
  requireFinite(b, 'b');
  return a.map((value, i) => value - b[i]!);
}

/** Whether the differences spread by more than the rounding of the inputs. */
function varies(differences: readonly number[], inputs: readonly number[]): boolean {
  const centre = mean(differences);
  const spread = differences.reduce((widest, value) => Math.max(widest, Math.abs(value - centre)), 0);
  const magnitude = inputs.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  // The second term keeps the squares of the standard deviation out of the subnormal numbers.
  return spread > Math.max(4 * Number.EPSILON * magnitude, 1e-150);
}
