/**
 * Effect sizes: a difference relative to the spread, independent of the number of seeds. `pairedDifference` returns
 * Cohen's d_z and `wilcoxonSignedRank` the rank-biserial correlation. This file adds the small-sample correction of d_z.
 */

/**
 * Hedges' correction of a standardised difference: g = d · (1 − 3 / (4 ν − 1)) with ν = n − 1 degrees of freedom (Hedges
 * 1981, eq. 6e). With few pairs, d overstates the effect.
 *
 * @param d Cohen's d_z of n pairs
 * @param n number of pairs, at least 3: with fewer pairs the correction has no meaning
 */
export function hedgesCorrection(d: number, n: number): number {
  if (!Number.isInteger(n) || n < 3) throw new RangeError(`n must be a whole number from 3, got ${n}`);
  return d * (1 - 3 / (4 * (n - 1) - 1));
}
