/**
 * Verdicts on the comparisons of one question, as one family of tests under Holm's correction.
 *
 * Each comparison has two tests: is there a difference, and do the methods agree within a margin? Both can be so: a method
 * may be better by less than the margin. A verdict follows from the adjusted p values alone. Intervals are not adjusted.
 */
import {
  type Bounds,
  type Difference,
  differenceInterval,
  differenceP,
  equivalenceP,
  smallestMargin,
} from './classes/class-difference.ts';
import { holm, holmLevel } from './holm.ts';

export const verdicts = [
  'better',
  'worse',
  'equivalent',
  'better by less than the margin',
  'worse by less than the margin',
  'undecided',
  'not trained enough to compare',
] as const;
export type Verdict = (typeof verdicts)[number];

export interface Comparison {
  readonly difference: Difference;
  /** Margin of equivalence in points, fixed before the results. */
  readonly margin: number;
  /** Whether the trained networks are good enough for a comparison to mean anything. */
  readonly trainedEnough: boolean;
}

export interface Judgement {
  readonly verdict: Verdict;
  /** In points; null where it is undefined. */
  readonly difference: number | null;
  readonly margin: number;
  /** Two-sided, of no difference. */
  readonly differenceTest: TestInFamily;
  /** Two one-sided tests at the margin. */
  readonly equivalenceTest: TestInFamily;
  /** The 95 % interval, not adjusted for the other comparisons; null where the difference is undefined. */
  readonly unadjustedInterval: Bounds | null;
  /**
   * The smallest margin in points at which this family would find equivalence, its other tests as they are; null where the
   * difference is undefined or the networks are not trained enough.
   */
  readonly smallestMargin: number | null;
  /** Number of tests that the p values are adjusted for. */
  readonly familySize: number;
}

export interface TestInFamily {
  /** null where the test is undefined or not made; it then counts with p = 1. */
  readonly p: number | null;
  readonly adjustedP: number;
}

/** One of a difference, one of equivalence. */
export const TESTS_PER_COMPARISON = 2;

/**
 * @param comparisons those that were made; the plan may have more
 * @param plannedComparisons number in the plan, which fixes the size of the family: two tests a comparison
 * @param alpha probability of any false finding in the family
 * @throws RangeError when there are more comparisons than planned, or a margin is not above 0
 */
export function judge(
  comparisons: readonly Comparison[],
  plannedComparisons: number,
  alpha = 0.05,
): Judgement[] {
  const familySize = TESTS_PER_COMPARISON * plannedComparisons;
  const pValues = comparisons.flatMap(({ difference, margin, trainedEnough }) => {
    const tests = [differenceP(difference), equivalenceP(difference, margin)];
    return trainedEnough ? tests : tests.map(() => null);
  });
  const adjusted = holm(pValues, familySize);
  return comparisons.map(({ difference, margin, trainedEnough }, at) => {
    const [ofDifference, ofEquivalence] = [TESTS_PER_COMPARISON * at, TESTS_PER_COMPARISON * at + 1];
    const differs = adjusted[ofDifference]! <= alpha;
    const agrees = adjusted[ofEquivalence]! <= alpha;
    const level = holmLevel(pValues, ofEquivalence, familySize, alpha);
    return {
      verdict: trainedEnough
        ? verdictOf(difference.difference ?? 0, differs, agrees)
        : 'not trained enough to compare',
      difference: difference.difference,
      margin,
      differenceTest: { p: pValues[ofDifference]!, adjustedP: adjusted[ofDifference]! },
      equivalenceTest: { p: pValues[ofEquivalence]!, adjustedP: adjusted[ofEquivalence]! },
      unadjustedInterval: differenceInterval(difference, 0.95),
      smallestMargin: trainedEnough ? smallestMargin(difference, level) : null,
      familySize,
    };
  });
}

function verdictOf(difference: number, differs: boolean, agrees: boolean): Verdict {
  if (!differs) return agrees ? 'equivalent' : 'undecided';
  const direction = difference > 0 ? 'better' : 'worse';
  return agrees ? `${direction} by less than the margin` : direction;
}
