/** Comparisons of two methods over the training runs of both, and the correction for many of them. */
import { holm, mean, pairedDifference } from '@clce/statistics';
import { groupBy } from './group-by.ts';
import { boundsOf } from './tables/bounds.ts';

export interface SeedValue {
  /** The fold that the run holds out; null without folds. */
  readonly fold: number | null;
  readonly seed: number;
  readonly value: number;
}

export interface SeedComparison<Run extends SeedValue> {
  /** A run of each method, with one fold and one seed. */
  readonly pairs: readonly (readonly [Run, Run])[];
  /** Number of independent differences: of folds, or of seeds without folds. */
  readonly units: number;
  /** Ours minus theirs, mean over the units; null without pairs. */
  readonly difference: number | null;
  /** 95 % Student t interval over the units; null with one. */
  readonly lower: number | null;
  readonly upper: number | null;
  /** p value of the paired t test; null without a test. */
  readonly pValue: number | null;
}

/** Runs of one method alone are left out. Seeds of a fold share its classes, so they are averaged. */
export function compareBySeed<Run extends SeedValue>(
  ours: readonly Run[],
  theirs: readonly Run[],
): SeedComparison<Run> {
  const runOf = ({ fold, seed }: SeedValue) => `${fold} ${seed}`;
  const others = new Map(theirs.map((run) => [runOf(run), run]));
  const pairs = ours.flatMap((run) => {
    const other = others.get(runOf(run));
    return other === undefined ? [] : [[run, other] as const];
  });
  const units = [...groupBy(pairs, ([run]) => unitOf(run)).values()];
  const { meanDifference, interval, test } = pairedDifference(
    units.map((unit) => mean(unit.map(([our]) => our.value))),
    units.map((unit) => mean(unit.map(([, their]) => their.value))),
  );
  const [lower, upper] = boundsOf(interval);
  return {
    pairs,
    units: units.length,
    difference: meanDifference,
    lower,
    upper,
    pValue: test.kind === 'tested' ? test.pValue : null,
  };
}

/** One value for each unit of an interval: the means of the folds, or the values of the seeds without folds. */
export function unitValues(runs: readonly SeedValue[]): number[] {
  return [...groupBy(runs, unitOf).values()].map((unit) => mean(unit.map(({ value }) => value)));
}

function unitOf({ fold, seed }: SeedValue): string {
  return fold === null ? `seed ${seed}` : `fold ${fold}`;
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
