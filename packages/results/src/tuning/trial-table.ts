/** The trials of a tuned suite, and which of them is chosen for each method and setting. */
import { mean } from '@clce/statistics';
import type { FinishedCell } from '../cell/reported-result.ts';
import { scoreName } from '../cell/scores.ts';
import { groupBy } from '../group-by.ts';
import { measurementsOf } from '../measurements.ts';
import { ResultsError } from '../results-error.ts';
import { rowTitle } from '../row-title.ts';

/** The value of a tuned entry; null where the preset's own value stays. */
type Value = number | string | boolean | null;

/** A cell that trained a trial. */
export interface FinishedTrial extends FinishedCell {
  /** The title of the tuned method. */
  readonly method: string;
  /** From 1 on. */
  readonly trial: number;
  /** By tuned entry, such as `recipe.learningRate`. */
  readonly values: Readonly<Record<string, Value>>;
  /** In words: which values lie at an end of their range. Empty if none does. */
  readonly edge: string;
}

export interface TrialRow {
  readonly dataset: string;
  readonly backbone: string;
  readonly batch_size: number;
  readonly method: string;
  readonly trial: number;
  readonly values: Readonly<Record<string, Value>>;
  /** Accuracy in percent by score of the criterion; null if the trial diverged. */
  readonly scores: Readonly<Record<string, number | null>>;
  /** Mean over the scores. */
  readonly mean: number | null;
  readonly chosen: boolean;
  readonly edge: string;
  /** In words; empty if the training did not diverge. */
  readonly diverged: string;
  /** First twelve digits of the cell's key. */
  readonly cell: string;
}

/**
 * A row for each trial. Of each method's trials in a setting the one with the highest mean over the criterion is chosen; of equal
 * ones, the lowest. A trial that diverged is below all others.
 *
 * @param trials all trials of all methods
 * @param criterion names of scores; `head|linear-probe` is the first one of these that a method has
 * @throws ResultsError if trials of a method are missing, lack a score, or have all diverged
 */
export function trialTable(trials: readonly FinishedTrial[], criterion: readonly string[]): TrialRow[] {
  const rows = trials.map((trial) => unchosen(trial, criterion));
  const groups = [...groupBy(rows, tunedOf).values()];
  const most = Math.max(...groups.map(({ length }) => length));
  const chosen = new Set(
    groups.map((group) => {
      const numbers = new Set(group.map(({ trial }) => trial));
      if (group.length !== most || numbers.size !== most) {
        throw new ResultsError(
          `${titleOfTuned(group[0])}: ${numbers.size} of ${most} trials; a choice needs as many trials of each method`,
        );
      }
      return best(group);
    }),
  );
  return rows.map((row) => ({ ...row, chosen: chosen.has(row) }));
}

/** What is chosen for: a method in a setting. */
function tunedOf({ dataset, backbone, batch_size, method }: TrialRow): string {
  return JSON.stringify([dataset, backbone, batch_size, method]);
}

function titleOfTuned({ dataset, backbone, batch_size, method: loss }: TrialRow): string {
  return rowTitle({ dataset, backbone, loss, batch_size });
}

function best(group: readonly [TrialRow, ...TrialRow[]]): TrialRow {
  const ended = group.filter((row) => row.mean !== null).sort((one, other) => one.trial - other.trial);
  const [first, ...others] = ended;
  if (first === undefined) {
    throw new ResultsError(
      `${titleOfTuned(group[0])}: all ${group.length} trials diverged, so none can be chosen; tune over other ranges`,
    );
  }
  return others.reduce((winner, row) => (row.mean! > winner.mean! ? row : winner), first);
}

function unchosen(finished: FinishedTrial, criterion: readonly string[]): TrialRow {
  const { facts, key, result, method, trial, values, edge } = finished;
  if (facts.kind !== 'training') throw new TypeError('a trial is a training');
  const { diverged } = result;
  const accuracies = new Map(
    measurementsOf(result).flatMap(({ measure, shot, classifier, value }) =>
      measure === 'accuracy' ? [[scoreName({ shot: shot ?? undefined, classifier }), value] as const] : [],
    ),
  );
  const scores = criterion.map((score) => {
    const name = score.split('|').find((one) => accuracies.has(one));
    if (name === undefined && diverged === undefined) {
      throw new ResultsError(`${method}, trial ${trial}: its result has no ${score}`);
    }
    return [score, name === undefined ? null : accuracies.get(name)!] as const;
  });
  const { dataset, backbone, batchSize: batch_size } = facts;
  return {
    ...{ dataset, backbone, batch_size, method, trial, values },
    scores: Object.fromEntries(scores),
    mean: diverged === undefined ? mean(scores.map(([, accuracy]) => accuracy!)) : null,
    chosen: false,
    edge,
    diverged: diverged === undefined ? '' : `step ${diverged.step}: ${diverged.what}`,
    cell: key.slice(0, 12),
  };
}
