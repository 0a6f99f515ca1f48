/** The two phases of a tuned preset: trials, which choose each method's recipe, and the confirmation of what they chose. */
import {
  type ByFile,
  chosenMethods,
  confirmationPreset,
  finishedTrials,
  methodsOfTrial,
  type TunedPreset,
  trialPreset,
} from '@clce/experiments';
import { type FinishedCell, parseReportedResult, type TrialRow, trialTable } from '@clce/results';
import { findResult, openLedger } from '@clce/runner';
import { planCells, type SuiteCell } from './plan.ts';
import { RunError } from './run-error.ts';
import type { FinishedSuiteCell, RunOutcome } from './run-plan.ts';
import { outdatedBy } from './why-outdated.ts';

export interface TuningPlan {
  readonly trials: readonly SuiteCell[];
  /** @param finished all trials */
  readonly choose: (finished: readonly FinishedCell[]) => TrialRow[];
  /** The cells of the table. @param rows with the choice; without them, trial 1 stands for each choice */
  readonly confirmation: (rows?: readonly TrialRow[]) => SuiteCell[];
}

/** @throws SuiteError naming two trials that would be one cell */
export function planTuning(
  preset: TunedPreset,
  manifestHashes: ReadonlyMap<string, string>,
  fileHashes: ByFile,
): TuningPlan {
  // Baselines are measured once, beside what is reported.
  const trials = planCells(trialPreset(preset), manifestHashes, fileHashes).filter(
    ({ spec }) => spec.kind === 'training',
  );
  return {
    trials,
    choose: (finished) => trialTable(finishedTrials(preset, finished), preset.tuning.criterion),
    confirmation: (rows) =>
      planCells(confirmationPreset(preset), manifestHashes, fileHashes, (setting) =>
        rows === undefined ? methodsOfTrial(preset, 1) : chosenMethods(preset, rows, setting),
      ),
  };
}

export interface Tuned {
  readonly finished: readonly FinishedSuiteCell[];
  readonly rows: readonly TrialRow[];
}

/**
 * Runs the trials and chooses.
 *
 * @throws RunError if a trial failed: a choice among fewer trials would favour the other methods
 */
export async function runTrials(
  { trials, choose }: TuningPlan,
  run: (plan: readonly SuiteCell[]) => Promise<RunOutcome>,
): Promise<Tuned> {
  const { finished, failed } = await run(trials);
  const [first] = failed;
  if (first !== undefined) {
    throw new RunError(
      `${failed.length} of ${trials.length} trials failed, so nothing is chosen: ${first.label}: ${first.error.message}; the same command tries them again`,
    );
  }
  return { finished, rows: choose(finished) };
}

/** The choice, if the ledger holds every trial; otherwise undefined. */
export async function storedChoice(
  { trials, choose }: TuningPlan,
  directory: string,
  dataRoot: string,
): Promise<TrialRow[] | undefined> {
  const ledger = openLedger({ directory, parseResult: parseReportedResult });
  const whyOutdated = outdatedBy(ledger, dataRoot);
  const finished: FinishedCell[] = [];
  for (const cell of trials) {
    const stored = await findResult(cell, ledger, whyOutdated);
    if (stored.state !== 'present') return undefined;
    finished.push({ ...cell, result: stored.record.result });
  }
  return choose(finished);
}
