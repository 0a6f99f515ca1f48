/**
 * Whether training was long enough: the chosen settings with half of the steps, beside the chosen trials with all of them, on the
 * validation data that chose them.
 */
import {
  checkPreset,
  inputFiles,
  type Method,
  type Preset,
  type TunedPreset,
  titleOf,
  trialPreset,
} from '@clce/experiments';
import { type FinishedCell, scoreName, type TrialRow } from '@clce/results';
import type { BenchRun } from '../../actions/bench.ts';
import { planCells, prepareDatasets } from '../../run/plan.ts';
import { runPlan } from '../../run/run-plan.ts';
import { asTuned } from './take-away.ts';

/** Accuracies on validation data, in percent. */
export interface HorizonRow {
  readonly method: string;
  readonly half: number;
  readonly full: number;
  /** Number of validation pictures or queries. */
  readonly tested: number;
}

/** @param methods the chosen ones */
export async function measureHorizon(
  { preset, tried, report, settings }: BenchRun,
  methods: readonly Method[],
  score: string,
  { ledger, workers }: { readonly ledger: string; readonly workers: number },
): Promise<HorizonRow[]> {
  const half = checkPreset(halfPreset(preset as TunedPreset, methods));
  const { hashes } = await inputFiles(half);
  const plan = planCells(half, await prepareDatasets(half, settings.dataRoot), hashes).filter(
    ({ spec }) => spec.kind === 'training',
  );
  const { finished } = await runPlan(plan, { ledger, workers, json: false, settings });
  return methods.flatMap((method) => {
    const [title, tuned] = [titleOf(method), titleOf(asTuned(method))];
    const short = finished.find(({ facts }) => facts.kind === 'training' && facts.loss === tuned);
    const chosen = chosenCell(report.trials, title, tried);
    const [before, after] = [countsOf(short, score), countsOf(chosen, score)];
    if (before === undefined || after === undefined) return [];
    return [{ method: title, half: before.percent, full: after.percent, tested: after.tested }];
  });
}

/** The preset of the trials with the chosen methods and half of the steps. */
function halfPreset(preset: TunedPreset, methods: readonly Method[]): Preset {
  const { tuning: _, ...trial } = trialPreset(preset) as TunedPreset;
  const { budget } = preset.recipe;
  const steps = 'steps' in budget ? Math.max(1, Math.round(budget.steps / 2)) : 1;
  return { ...trial, losses: methods.map(asTuned), recipe: { ...preset.recipe, budget: { steps } } };
}

function chosenCell<Cell extends { readonly key: string }>(
  rows: readonly TrialRow[],
  method: string,
  cells: readonly Cell[],
): Cell | undefined {
  const row = rows.find((one) => one.chosen && one.method === method);
  return row && cells.find(({ key }) => key.startsWith(row.cell));
}

function countsOf(cell: FinishedCell | undefined, name: string) {
  const score = cell?.result.scores.find((one) => scoreName(one) === name);
  if (score === undefined) return undefined;
  const sum = (counts: ArrayLike<number>) => Array.from(counts).reduce((all, count) => all + count, 0);
  const tested = sum(score.tested);
  return { percent: (100 * sum(score.correct)) / tested, tested };
}

/** By more than the margin, and by more than two standard errors of an accuracy on so few answers. */
function isRising({ half, full, tested }: HorizonRow, margin: number): boolean {
  const share = full / 100;
  const noise = 200 * Math.sqrt((share * (1 - share)) / tested);
  return full - half > Math.max(margin, noise);
}

/** @param margin in points */
export function horizonText(rows: readonly HorizonRow[], margin: number): string {
  if (rows.length === 0) return '';
  const figures = rows.map(
    ({ method, half, full }) => `${method} ${half.toFixed(1)} and ${full.toFixed(1)} %`,
  );
  const rising = rows.filter((row) => isRising(row, margin)).map(({ method }) => method);
  const said =
    rising.length === 0
      ? 'More steps would hardly raise accuracy'
      : `${rising.join(' and ')} ${rising.length === 1 ? 'was' : 'were'} still rising, so longer training may change the answer`;
  return `With half of the steps and with all of them, on ${rows[0]!.tested} validation answers: ${figures.join(', ')}. ${said}.`;
}
