/**
 * Wilcoxon's signed-rank test (Wilcoxon 1945): a paired test on ranks. One odd pair, or data sets whose differences have
 * another scale, cannot decide it. Demšar 2006 recommends it for two methods over several data sets.
 *
 * As in Wilcoxon's paper, pairs without a difference are dropped; ties share their midrank. With at most 25 remaining
 * pairs the p value is exact, also with ties: dynamic programming over doubled ranks, which are whole numbers, counts the
 * sign patterns of each rank sum. With more pairs it is the normal approximation, with the variance corrected for ties
 * and without continuity correction (SciPy's default).
 */
import normalCdf from '@stdlib/stats-base-dists-normal-cdf';
import { pairedDifferences } from './paired-difference.ts';
import { midranks } from './ranks.ts';

const MOST_EXACT_PAIRS = 25;

export interface WilcoxonResult {
  /** Number of pairs that differ. */
  readonly n: number;
  /** The smaller of the two rank sums, Wilcoxon's T. */
  readonly statistic: number;
  /** Two-sided; 1 when no pair differs. */
  readonly pValue: number;
  readonly method: 'exact' | 'normal';
  /** Matched-pairs rank-biserial correlation in [−1, 1], positive when a is larger (Kerby 2014); 0 without pairs. */
  readonly effectSize: number;
}

/**
 * @param a, b equally long lists of finite numbers; a[i] and b[i] share their seed, episode or data set
 * @throws RangeError when the lengths differ or a number is not finite
 */
export function wilcoxonSignedRank(a: readonly number[], b: readonly number[]): WilcoxonResult {
  const differences = pairedDifferences(a, b).filter((difference) => difference !== 0);
  const n = differences.length;
  if (n === 0) return { n, statistic: 0, pValue: 1, method: 'exact', effectSize: 0 };
  const ranks = midranks(differences.map(Math.abs));
  const total = (n * (n + 1)) / 2;
  const positive = ranks.reduce((sum, rank, i) => sum + (differences[i]! > 0 ? rank : 0), 0);
  const statistic = Math.min(positive, total - positive);
  const effectSize = (2 * positive - total) / total;
  if (n <= MOST_EXACT_PAIRS) {
    return { n, statistic, pValue: exactP(ranks, statistic), method: 'exact', effectSize };
  }
  // Σ rank² / 4 is the variance of the rank sum, with or without ties.
  const deviation = Math.sqrt(ranks.reduce((sum, rank) => sum + rank * rank, 0) / 4);
  const pValue = 2 * normalCdf(-Math.abs(statistic - total / 2) / deviation, 0, 1);
  return { n, statistic, pValue, method: 'normal', effectSize };
}

/** Twice the share of the 2ⁿ sign patterns whose positive rank sum is at most `statistic`. */
function exactP(ranks: readonly number[], statistic: number): number {
  const doubled = ranks.map((rank) => Math.round(2 * rank));
  const patterns = new Array<number>(doubled.reduce((sum, rank) => sum + rank, 0) + 1).fill(0);
  patterns[0] = 1;
  for (const rank of doubled) {
    for (let sum = patterns.length - 1; sum >= rank; sum--) patterns[sum]! += patterns[sum - rank]!;
  }
  const atMost = patterns.slice(0, Math.round(2 * statistic) + 1).reduce((sum, count) => sum + count, 0);
  return Math.min(1, (2 * atMost) / 2 ** ranks.length);
}
