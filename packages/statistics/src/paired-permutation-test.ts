/**
 * The paired permutation (sign-flip) test: the t test's question without its assumption of normal differences.
 *
 * If the two methods are exchangeable, each difference was as likely to have the other sign. The p value is the share of
 * the 2ⁿ sign patterns whose |sum| is at least the observed one (Fisher 1935, §21, on Darwin's maize). All patterns are
 * enumerated when there are few enough; else patterns are drawn with a seeded generator and
 * p = (hits + 1) / (draws + 1), so that p is never 0 (Phipson & Smyth 2010).
 *
 * With n seeds the smallest possible p is 2 / 2ⁿ: five seeds can never give p < 0.05. The result carries that bound.
 */
import { mersenne } from 'pure-rand/generator/mersenne';
import { pairedDifferences } from './paired-difference.ts';

export interface PairedPermutationResult {
  readonly n: number;
  /** Two-sided. 1 when there is no pair, or no pair differs. */
  readonly pValue: number;
  readonly method: 'exact' | 'monte-carlo';
  /** Sign patterns that the p value rests on. */
  readonly patterns: number;
  /** No data of this size could give a smaller p value by this method. */
  readonly smallestPossible: number;
}

export interface PairedPermutationOptions {
  /** Enumerate as long as 2^(pairs that differ) is at most this. */
  readonly maxExactPatterns?: number;
  /** Sign patterns to draw otherwise. */
  readonly draws?: number;
  /** Seed of the draws: a 32-bit integer. The same seed gives the same p value on every machine. */
  readonly seed?: number;
}

/**
 * @param a, b equally long lists of finite numbers; a[i] and b[i] share their seed or episode
 * @throws RangeError when the lengths differ, a number is not finite or `draws` is not a positive integer
 */
export function pairedPermutationTest(
  a: readonly number[],
  b: readonly number[],
  { maxExactPatterns = 2 ** 20, draws = 100_000, seed = 0 }: PairedPermutationOptions = {},
): PairedPermutationResult {
  if (!Number.isInteger(draws) || draws < 1) {
    throw new RangeError(`draws must be a positive integer, got ${draws}`);
  }
  const n = a.length;
  // A pair without a difference contributes 0 under either sign: leaving it out changes no share.
  const differences = pairedDifferences(a, b).filter((difference) => difference !== 0);
  const threshold = atLeastObserved(differences);
  const patterns = 2 ** differences.length;
  if (patterns <= maxExactPatterns) {
    const pValue = countExact(differences, threshold) / patterns;
    return { n, pValue, method: 'exact', patterns, smallestPossible: Math.min(1, 2 / patterns) };
  }
  const hits = countDrawn(differences, threshold, draws, seed);
  const pValue = (hits + 1) / (draws + 1);
  return { n, pValue, method: 'monte-carlo', patterns: draws, smallestPossible: 1 / (draws + 1) };
}

/** The |sum| from which a pattern counts: the observed one, less the rounding of a sum taken in another order. */
function atLeastObserved(differences: readonly number[]): number {
  const observed = Math.abs(differences.reduce((sum, value) => sum + value, 0));
  const magnitude = differences.reduce((sum, value) => sum + Math.abs(value), 0);
  return observed - 1e-12 * magnitude;
}

/** Depth-first over the signs: every sum is n additions away from 0, so rounding cannot pile up over 2ⁿ patterns. */
function countExact(differences: readonly number[], threshold: number): number {
  const count = (at: number, sum: number): number =>
    at === differences.length
      ? Number(Math.abs(sum) >= threshold)
      : count(at + 1, sum + differences[at]!) + count(at + 1, sum - differences[at]!);
  return count(0, 0);
}

function countDrawn(differences: readonly number[], threshold: number, draws: number, seed: number): number {
  const random = mersenne(seed);
  let hits = 0;
  for (let draw = 0; draw < draws; draw++) {
    let sum = 0;
    let bits = 0;
    for (let i = 0; i < differences.length; i++) {
      if (i % 32 === 0) bits = random.next();
      sum += (bits >>> (i % 32)) & 1 ? differences[i]! : -differences[i]!;
    }
    if (Math.abs(sum) >= threshold) hits++;
  }
  return hits;
}
