/**
 * Effect sizes: how large a difference is beside the spread, whatever the number of seeds. `pairedDifference` carries
 * Cohen's d_z and `wilcoxonSignedRank` the rank-biserial correlation; what is added here is their small-sample correction.
 */

/**
 * Hedges' correction of a standardised difference: d overstates the effect of few pairs. g = d · (1 − 3 / (4 ν − 1))
 * with ν = n − 1 degrees of freedom (Hedges 1981, eq. 6e).
 *
 * @param d Cohen's d_z of n pairs
 * @param n pairs, at least 3: with fewer the correction has no meaning
 */
export function hedgesCorrection(d: number, n: number): number {
  if (!Number.isInteger(n) || n < 3) throw new RangeError(`n must be a whole number from 3, got ${n}`);
  return d * (1 - 3 / (4 * (n - 1) - 1));
}
