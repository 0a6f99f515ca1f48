/**
 * Friedman's test over data sets, and Nemenyi's test over pairs of methods (Demšar 2006). Friedman's test asks by ranks
 * whether k methods are equal over N data sets. Nemenyi's test asks which methods differ.
 *
 * χ² = 12 / (k (k + 1)) · Σ_j (R_j − N (k + 1) / 2)² / N has k − 1 degrees of freedom. Ties divide it by
 * 1 − Σ (t³ − t) / (N (k³ − k)). Iman and Davenport's (1980) F = (N − 1) χ² / (N (k − 1) − χ²) is less conservative.
 * Nemenyi compares the mean ranks' differences with the studentised range of k normals.
 */
import chiSquareCdf from '@stdlib/stats-base-dists-chisquare-cdf';
import fCdf from '@stdlib/stats-base-dists-f-cdf';
import normalCdf from '@stdlib/stats-base-dists-normal-cdf';
import { mean, requireFinite } from './moments.ts';
import { midranks } from './ranks.ts';

export interface FriedmanResult {
  /** Mean rank of each method; 1 is best. */
  readonly meanRanks: readonly number[];
  readonly chiSquare: number;
  /** p value of χ². */
  readonly pValue: number;
  /** Iman and Davenport's F; Infinity if all data sets rank the methods equally. */
  readonly f: number;
  readonly fPValue: number;
}

/**
 * @param scores scores[i][j] of method j on data set i. Higher is better. Every method needs every data set
 * @returns null if all methods are equal on every data set
 * @throws RangeError with fewer than two data sets or methods, rows of unequal length, or a number that is not finite
 */
export function friedman(scores: readonly (readonly number[])[]): FriedmanResult | null {
  const n = scores.length;
  const k = scores[0]?.length ?? 0;
  if (n < 2 || k < 2) throw new RangeError(`needs two data sets and two methods, got ${n} and ${k}`);
  scores.forEach((row, i) => {
    if (row.length !== k) throw new RangeError(`scores[${i}] has ${row.length} methods, expected ${k}`);
    requireFinite(row, `scores[${i}]`);
  });
  const ranks = scores.map((row) => midranks(row.map((score) => -score)));
  const meanRanks = Array.from({ length: k }, (_, j) => mean(ranks.map((row) => row[j]!)));
  // Σ rank² falls short of k (k + 1) (2 k + 1) / 6 by (t³ − t) / 12 for each group of t ties.
  const spread = ranks.flat().reduce((sum, rank) => sum + (rank - (k + 1) / 2) ** 2, 0);
  if (spread === 0) return null;
  const between = meanRanks.reduce((sum, rank) => sum + (rank - (k + 1) / 2) ** 2, 0);
  const chiSquare = (n * n * (k - 1) * between) / spread;
  const room = n * (k - 1) - chiSquare;
  const f = room <= 1e-9 * chiSquare ? Number.POSITIVE_INFINITY : ((n - 1) * chiSquare) / room;
  const fPValue = f === Number.POSITIVE_INFINITY ? 0 : 1 - fCdf(f, k - 1, (k - 1) * (n - 1));
  return { meanRanks, chiSquare, pValue: 1 - chiSquareCdf(chiSquare, k - 1), f, fPValue };
}

/**
 * Nemenyi's test after Friedman's. Entry [i][j] of the result is the p value of methods i and j, corrected for all pairs.
 * @param meanRanks mean rank of each method, from `friedman`
 * @param n number of data sets behind the mean ranks
 */
export function nemenyi(meanRanks: readonly number[], n: number): number[][] {
  const k = meanRanks.length;
  const error = Math.sqrt((k * (k + 1)) / (12 * n));
  return meanRanks.map((one) =>
    meanRanks.map((other) => studentizedRangeP(Math.abs(one - other) / error, k)),
  );
}

/**
 * P(range of k standard normals ≥ q) = 1 − k ∫ φ(z) [Φ(z) − Φ(z − q)]^(k−1) dz. The integrand and all its derivatives
 * vanish at both ends, so the trapezium rule is exact up to rounding.
 */
export function studentizedRangeP(q: number, k: number): number {
  const step = 1 / 16;
  let integral = 0;
  for (let z = -9; z <= 9 + q; z += step) {
    const density = Math.exp(-(z * z) / 2) / Math.sqrt(2 * Math.PI);
    const share = normalCdf(z, 0, 1) - normalCdf(z - q, 0, 1);
    let others = 1;
    for (let one = 1; one < k; one++) others *= share;
    integral += density * others * step;
  }
  return Math.min(1, Math.max(0, 1 - k * integral));
}
