/**
 * Student's t distribution: the functions that intervals and tests need.
 *
 * Both come from stdlib-js (Boost's incomplete beta function and its inverse) and are correct to the last two digits.
 * jStat and lib-r-math.js are smaller but have only 8 correct digits. SciPy 1.10's `t.ppf` has 8 too, so the tests avoid
 * it.
 */
import cdf from '@stdlib/stats-base-dists-t-cdf';
import quantile from '@stdlib/stats-base-dists-t-quantile';

/**
 * The number t with P(T ≤ t) = probability.
 * @param probability in (0, 1)
 * @param degreesOfFreedom > 0
 */
export function studentTQuantile(probability: number, degreesOfFreedom: number): number {
  if (!(probability > 0 && probability < 1)) {
    throw new RangeError(`probability must lie strictly between 0 and 1, got ${probability}`);
  }
  requireDegreesOfFreedom(degreesOfFreedom);
  return quantile(probability, degreesOfFreedom);
}

/**
 * P(|T| ≥ |t|), computed from the lower tail: a p value of 1e-200 keeps its digits instead of becoming 1 − 1.
 * @param t any finite number
 * @param degreesOfFreedom > 0
 */
export function studentTTwoSidedP(t: number, degreesOfFreedom: number): number {
  return 2 * studentTLowerP(-Math.abs(t), degreesOfFreedom);
}

/**
 * P(T ≤ t), the p value of a one-sided test.
 * @param t any finite number
 * @param degreesOfFreedom > 0
 */
export function studentTLowerP(t: number, degreesOfFreedom: number): number {
  if (!Number.isFinite(t)) throw new RangeError(`t must be finite, got ${t}`);
  requireDegreesOfFreedom(degreesOfFreedom);
  return cdf(t, degreesOfFreedom);
}

function requireDegreesOfFreedom(degreesOfFreedom: number): void {
  if (!(degreesOfFreedom > 0))
    throw new RangeError(`degrees of freedom must be > 0, got ${degreesOfFreedom}`);
}
