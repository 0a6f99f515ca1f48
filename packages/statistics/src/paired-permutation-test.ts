/**
 * The paired permutation (sign-flip) test. It asks the question of the t test without the assumption of normal
 * differences.
 *
 * If the two methods are exchangeable, both signs of each difference are equally likely. The p value is the share of the
 * 2ⁿ sign patterns whose |sum| is at least the observed |sum| (Fisher 1935, §21, on Darwin's maize). If the patterns are
 * few, all are enumerated. Otherwise a seeded generator draws patterns and p = (hits + 1) / (draws + 1), which is never 0
 * (Phipson & Smyth 2010).
 *
 * With n seeds the smallest possible p is 2 / 2ⁿ: five seeds can never give p < 0.05. The result holds this bound.
 */
import { mersenne } from 'pure-rand/generator/mersenne';
import { pairedDifferences } from './paired-difference.ts';

export interface PairedPermutationResult {
  readonly n: number;
  /** Two-sided; 1 if there is no pair, or no pair differs. */
  readonly pValue: number;
  readonly method: 'exact' | 'monte-carlo';
  /** Number of sign patterns behind the p value. */
  readonly patterns: number;
  /** The smallest p value that this method can give for data of this size. */
  readonly smallestPossible: number;
}

export interface PairedPermutationOptions {
  /** Enumerate all patterns if 2^(number of pairs that differ) is at most this limit. */
  readonly maxExactPatterns?: number;
  /** Number of sign patterns to draw otherwise. */
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
  // A pair without a difference contributes 0 under either sign, so dropping it changes no share.
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

/** A pattern counts from this |sum| on: the observed |sum| minus the rounding of a sum in another order. */
function atLeastObserved(differences: readonly number[]): number {
  const observed = Math.abs(differences.reduce((sum, value) => sum + value, 0));
  const magnitude = differences.reduce((sum, value) => sum + Math.abs(value), 0);
  return observed - 1e-12 * magnitude;
}

/** Counts depth-first over the signs. Every sum has n additions, so rounding does not accumulate over 2ⁿ patterns. */
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
