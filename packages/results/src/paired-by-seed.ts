/** Comparisons of two methods over the seeds of both, and the correction for many of them. */
import { holm, pairedDifference } from '@clce/statistics';
import { boundsOf } from './tables/bounds.ts';

export interface SeedValue {
  readonly seed: number;
  readonly value: number;
}

export interface SeedComparison<Run extends SeedValue> {
  /** A run of each method, with one seed. */
  readonly pairs: readonly (readonly [Run, Run])[];
  /** Ours minus theirs, mean over the pairs; null without pairs. */
  readonly difference: number | null;
  /** 95 % Student t interval over seeds; null with one seed. */
  readonly lower: number | null;
  readonly upper: number | null;
  /** p value of the paired t test; null without a test. */
  readonly pValue: number | null;
}

/** Seeds of one method alone are left out. */
export function compareBySeed<Run extends SeedValue>(
  ours: readonly Run[],
  theirs: readonly Run[],
): SeedComparison<Run> {
  const others = new Map(theirs.map((run) => [run.seed, run]));
  const pairs = ours.flatMap((run) => {
    const other = others.get(run.seed);
    return other === undefined ? [] : [[run, other] as const];
  });
  const { meanDifference, interval, test } = pairedDifference(
    pairs.map(([our]) => our.value),
    pairs.map(([, their]) => their.value),
  );
  const [lower, upper] = boundsOf(interval);
  return {
    pairs,
    difference: meanDifference,
    lower,
    upper,
    pValue: test.kind === 'tested' ? test.pValue : null,
  };
}

/**
 * The Holm-corrected p value of each test. A comparison without a test counts with p = 1, so that the family never shrinks, and
 * has no p value here.
 *
 * @param size number of comparisons that were planned; those that were not made count with p = 1 too
 */
export function corrected<Compared>(
  comparisons: readonly Compared[],
  pValueOf: (compared: Compared) => number | null,
  size = comparisons.length,
): Map<Compared, number> {
  const pValues = comparisons.map(pValueOf);
  const adjusted = holm(pValues, size);
  return new Map(
    comparisons.flatMap((compared, at) => (pValues[at] === null ? [] : [[compared, adjusted[at]!] as const])),
  );
}
