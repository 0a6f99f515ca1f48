/** `clce bench SUITE`: runs the cells that the ledger lacks, then makes the table. */

import { basename } from 'node:path';
import { type Preset, type Suite, titleIn, verdictPlanOf } from '@clce/experiments';
import { tryWrite } from '@clce/files';
import { type SlurmFlags, slurmOptions } from '../commands/flags/slurm-options.ts';
import { tableOf } from '../places.ts';
import { costLines } from '../print/cost.ts';
import { printData } from '../print/data.ts';
import { terminalWidth } from '../print/fitted-table.ts';
import { reportText } from '../print/report-text.ts';
import { choiceLines } from '../print/trials.ts';
import { requireEngine } from '../run/engine-check.ts';
import type { SuiteCell } from '../run/plan.ts';
import { RunError } from '../run/run-error.ts';
import { runOnSlurm } from '../run/run-on-slurm.ts';
import { type FinishedSuiteCell, type RunOptions, type RunOutcome, runPlan } from '../run/run-plan.ts';
import { outlineSuite, planSuite, type SuiteOptions } from '../run/suite-options.ts';
import { runTrials, type TuningPlan } from '../run/tuning.ts';
import type { BehindCell } from '../stored/provenance-file.ts';
import { type WrittenReport, writeReport } from '../stored/report-files.ts';

export interface BenchOptions extends SuiteOptions, SlurmFlags {
  readonly ledger: string;
  readonly out?: string;
  readonly reference?: boolean;
  readonly workers: number;
  readonly dryRun?: boolean;
  readonly trialsOnly?: boolean;
  readonly saveWeights?: boolean;
  readonly dataWorkers: number;
  readonly json?: boolean;
  readonly wide?: boolean;
  readonly snapshotEvery: number;
  readonly executor: 'local' | 'slurm';
}

export async function bench(file: string, options: BenchOptions): Promise<void> {
  if (options.dryRun === true) return dryRun(file, options);
  const run = await runBench(file, options);
  if (run === undefined) return;
  const { out, report, plan, finished, failed } = run;
  if (options.json === true) {
    const [rows, cells] = [report.rows.length, finished.length];
    printData(JSON.stringify({ event: 'finished', table: out, rows, cells, failed: failed.length }));
    return;
  }
  console.log(tableText(run, options));
  for (const line of divergedLines(finished)) console.error(line);
  if (failed.length === 0) return;
  const errors = failed.map(({ label, error }) => `  ${label}: ${error.message}`);
  console.error(
    [`${failed.length} of ${plan.length} cells failed; the same command tries them again:`, ...errors].join(
      '\n',
    ),
  );
}

export interface BenchRun extends RunOutcome {
  /** Path of the table. */
  readonly out: string;
  readonly title: string;
  readonly preset: Preset;
  /** The method with which the others are compared. */
  readonly reference: string;
  /** The cells of the table. */
  readonly plan: readonly SuiteCell[];
  readonly report: WrittenReport;
  /** The trials of a tuned preset. */
  readonly tried: readonly FinishedSuiteCell[];
  /** What further cells of the suite need. */
  readonly settings: RunOptions['settings'];
}

/** Runs a suite and writes its table; sets the exit code where a cell failed. @returns undefined after `--trials-only` */
export async function runBench(file: string, options: BenchOptions): Promise<BenchRun | undefined> {
  const planned = await planSuite(file, options);
  const { suite, presetName, preset, inputPaths, ownFiles } = planned;
  if (options.trialsOnly === true && planned.tuning === undefined) {
    throw new RunError(`--trials-only: preset ${presetName} of ${suite.name} tunes nothing`);
  }
  const out = options.out ?? tableOf(suite, presetName, options.reference === true);
  if (!/^[^.]+\.csv$/.test(basename(out))) {
    throw new RunError(`--out ${JSON.stringify(out)}: expected NAME.csv, with no other dot in the name`);
  }
  await tryWrite(out);
  const reference = titleIn(preset, preset.losses[0]!);
  const title = titleOfRun(suite, preset, presetName);
  const run: RunOptions = {
    comparison: { title, reference },
    ledger: options.ledger,
    workers: options.workers,
    json: options.json === true,
    settings: {
      dataRoot: options.dataRoot,
      snapshotMs: 60_000 * options.snapshotEvery,
      dataWorkers: options.dataWorkers,
      saveWeights: options.saveWeights === true,
      ...{ inputPaths, ownFiles },
    },
  };
  const tuned = planned.tuning && (await tune(planned.tuning, run, options));
  const plan = tuned?.plan ?? planned.plan;
  if (options.trialsOnly === true) {
    console.error(`${plan.length} cells of the confirmation are left for this command without --trials-only`);
    return undefined;
  }
  const outcome = await execute(plan, run, options);
  const { finished, failed } = outcome;
  const tried = tuned?.finished ?? [];
  const behind = {
    suite: suite.name,
    arguments: process.argv.slice(2),
    preset,
    cells: [...tried, ...finished].map(behindOf),
  };
  const report = await writeReport(out, finished, reference, behind, {
    planned: plan,
    judged: verdictPlanOf(preset),
    trials: tuned?.rows,
  });
  for (const path of report.changed) {
    console.error(`${path} is of an earlier table and has changed since; it is left alone`);
  }
  if (failed.length > 0) process.exitCode = 1;
  return { ...outcome, out, title, preset, reference, plan, report, tried, settings: run.settings };
}

/** The table with what was chosen and found. */
export function tableText(
  { out, title, reference, plan, report, finished }: BenchRun,
  { ledger, wide }: Pick<BenchOptions, 'ledger' | 'wide'>,
): string {
  const from = `${out}: ${report.rows.length} rows from ${finished.length} cells in ${ledger}`;
  const seconds = secondsOf(finished);
  return reportText(report, { title, reference, plan, wide: wide === true, from, seconds });
}

/** Runs cells here or on a cluster. */
function execute(plan: readonly SuiteCell[], run: RunOptions, options: BenchOptions): Promise<RunOutcome> {
  return options.executor === 'slurm'
    ? runOnSlurm(plan, { ...run, slurm: slurmOptions(options) })
    : runPlan(plan, run);
}

/** Runs the trials, says what they chose, and plans the cells of the table. */
async function tune(tuning: TuningPlan, { comparison: _, ...run }: RunOptions, options: BenchOptions) {
  const tuned = await runTrials(tuning, (trials) => execute(trials, run, options));
  if (!run.json) console.error(choiceLines(tuned.rows, terminalWidth(process.stderr)));
  return { ...tuned, plan: tuning.confirmation(tuned.rows) };
}

/** A cell on validation data that diverged is finished and has no row. */
function divergedLines(finished: readonly FinishedSuiteCell[]): string[] {
  return finished.flatMap(({ label, result: { diverged } }) =>
    diverged === undefined ? [] : [`${label}: diverged at step ${diverged.step}, ${diverged.what}; no row`],
  );
}

/** The suite's title, the preset and its note. */
function titleOfRun({ title }: Suite, { note }: Preset, presetName: string): string {
  return `${title}, preset ${presetName}.${note === undefined ? '' : ` ${note}.`}`;
}

async function dryRun(file: string, options: BenchOptions): Promise<void> {
  const { preset, trials, cells, toPrepare, choice } = await outlineSuite(file, options, options.ledger);
  // The nodes of a cluster have their own engines.
  if (options.executor === 'local') await requireEngine(preset.engine);
  for (const { key, label } of [...trials, ...cells]) {
    console.log(`${(key ?? '–').slice(0, 12).padEnd(12)}  ${label}`);
  }
  if (trials.length === 0) console.log(`${cells.length} cells`);
  else {
    console.log(`${trials.length} trials and ${cells.length} cells of the confirmation`);
    console.log(costLines(preset, trials, cells));
  }
  if (toPrepare.length > 0) console.log(`A key is known (not –) once its data set is there:`);
  for (const what of toPrepare) console.log(`  ${what}`);
  if (choice !== undefined) console.log(choice);
}

/** How long each cell took, by the digits of its key that tables show. */
function secondsOf(cells: readonly FinishedSuiteCell[]): Map<string, number> {
  return new Map(
    cells.flatMap(({ key, provenance }) =>
      provenance === null ? [] : [[key.slice(0, 12), provenance.durationMs / 1000] as const],
    ),
  );
}

/** A cell in the provenance of a table. */
function behindOf({ key, spec, digest, provenance }: FinishedSuiteCell): BehindCell {
  return { key, spec, provenance: provenance && { ...provenance, result: digest } };
}
