/** Runs the planned cells in worker processes and tells how it goes. */
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { AUTO_ENGINE, engineVersions } from '@clce/engine';
import type { CellSpec } from '@clce/experiments';
import { moduleBeside } from '@clce/files';
import {
  type CellResult,
  type FinishedCell,
  mapOfFirstSeed,
  parseCellResult,
  parseReportedResult,
  type ReportedResult,
  roundsOf,
} from '@clce/results';
import {
  brokenFileLine,
  type CellOutcome,
  describeEnvironment,
  type Ledger,
  machineLimits,
  openLedger,
  type Provenance,
  processRunner,
  runCells,
} from '@clce/runner';
import { REPOSITORY } from '../places.ts';
import {
  type Comparison,
  jsonReporter,
  type ProgressReporter,
  progressReporter,
} from '../print/live/progress.ts';
import { indexOf } from '../stored/result-index.ts';
import type { WorkerSettings } from './cell-worker.ts';
import { checkMachine, limitsLine } from './machine-check.ts';
import { requireOneProcessor } from './one-processor.ts';
import type { SuiteCell } from './plan.ts';
import { InterruptedError, RunError } from './run-error.ts';
import { stoppable } from './stopping.ts';
import { outdatedBy } from './why-outdated.ts';

export interface RunOptions {
  readonly ledger: string;
  /** Number of cells at the same time. */
  readonly workers: number;
  /** For every worker. `threads` is a worker's share of the cores by default. */
  readonly settings: Omit<WorkerSettings, 'threads'> & Partial<Pick<WorkerSettings, 'threads'>>;
  /** Events as JSON lines on standard output in place of progress for people. */
  readonly json: boolean;
  /** Prints nothing of how the run goes. */
  readonly quiet?: boolean;
  /** The comparison in the live table. Absent: no live table. */
  readonly comparison?: Comparison;
}

/** Time in which an interrupted cell saves a snapshot and ends. */
const GRACE_MS = 20_000;

/** A finished cell of a suite. */
export interface FinishedSuiteCell extends SuiteCell, FinishedCell {
  /** Of the result.json. */
  readonly digest: string;
  /** Where the result came from: code, machine, time. */
  readonly provenance: Provenance | null;
}

/** The outcome of a finished run. */
export interface RunOutcome {
  /** Finished cells, in the order of the plan. */
  readonly finished: readonly FinishedSuiteCell[];
  readonly failed: readonly { readonly label: string; readonly error: Error }[];
}

/** @throws RunError when no training run finished or the run was interrupted; what had finished is in the ledger */
export async function runPlan(plan: readonly SuiteCell[], options: RunOptions): Promise<RunOutcome> {
  return runOutcome(plan, await settlePlan(plan, options));
}

/** The outcome of every cell. @throws RunError where the machine or the engine cannot run cells */
export async function settlePlan(
  plan: readonly SuiteCell[],
  options: RunOptions,
): Promise<readonly CellOutcome<SuiteCell, ReportedResult>[]> {
  const { workers } = options;
  const limits = machineLimits();
  const { dataRoot } = options.settings;
  await checkMachine({ plan, ledger: options.ledger, dataRoot, workers }, limits);
  const limited = limitsLine(limits, cpus().length);
  if (limited !== null && !options.json) console.error(limited);
  const threads = Math.max(1, Math.floor(limits.cores / workers));
  const settings: WorkerSettings = { threads, ...options.settings };
  const pool = processRunner<CellSpec, CellResult>(
    {
      module: moduleBeside('./cell-worker', import.meta.url),
      workers,
      graceMs: GRACE_MS,
      settings,
    },
    parseCellResult,
  );
  const maps = mapOfFirstSeed(plan);
  const index = indexOf(options.ledger, maps.mayShow);
  const progress = reporterOf(plan, options);
  const ledger = openLedger({
    directory: options.ledger,
    parseResult: parseReportedResult,
    index,
    onBroken: (broken) => progress.note(brokenFileLine(broken)),
  });
  try {
    return await stoppable(async (signal) => {
      await tryEngine(plan, ledger, (engine) => pool.trial(engine, signal)).catch((error: unknown) => {
        // After a request to stop, `runCells` marks every cell as interrupted.
        if (!signal.aborted) throw error;
      });
      return runCells({
        cells: roundsOf(plan).flat(),
        ledger,
        run: pool.run,
        whyOutdated: outdatedBy(ledger, settings.dataRoot),
        concurrency: workers,
        environment: await describeEnvironment({
          directory: REPOSITORY,
          outputs: ['results'],
          packages: engineVersions(),
        }),
        onEvent(event) {
          if ('result' in event) maps.forget(event.cell.key, event.result);
          progress.observe(event);
        },
        signal,
        // The pool kills late workers after GRACE_MS. The executor waits longer than that.
        graceMs: 2 * GRACE_MS,
      });
    });
  } finally {
    progress.end();
    await pool.close();
    await index.save();
    index.close();
  }
}

function reporterOf(
  plan: readonly SuiteCell[],
  { json, quiet, workers, comparison }: RunOptions,
): ProgressReporter {
  if (quiet === true) return { observe() {}, note() {}, end() {} };
  return json ? jsonReporter() : progressReporter(plan, workers, comparison);
}

/**
 * Tries the engine once, in a worker that then runs cells, rather than in each of many cells.
 *
 * @throws Error of the trial
 */
async function tryEngine(
  plan: readonly SuiteCell[],
  ledger: Ledger<ReportedResult>,
  trial: (engine: string) => Promise<void>,
): Promise<void> {
  // The executor reads and checks each result later; here the names of the files are enough.
  const rest = plan.filter(({ key }) => !existsSync(join(ledger.directory, key, 'result.json')));
  // A single cell needs no trial: it fails by itself and stores its failure. The CPU engine always starts.
  const engine = rest[0]?.spec.engine;
  if (engine !== undefined && engine !== AUTO_ENGINE && rest.length > 1) await trial(engine);
}

/**
 * The finished cells with where they came from, and those that failed.
 *
 * @param outcomes of all cells, in any order
 * @throws RunError when nothing can be compared because cells failed or are of different processors, InterruptedError when cells did
 *   not end
 */
export function runOutcome(
  plan: readonly SuiteCell[],
  outcomes: readonly CellOutcome<SuiteCell, ReportedResult>[],
): RunOutcome {
  const failed = outcomes.flatMap((outcome) =>
    outcome.kind === 'failed' ? [{ label: outcome.cell.label, error: outcome.error }] : [],
  );
  const inPlan = new Map(plan.map(({ key }, at) => [key, at]));
  const finished = outcomes
    .flatMap((outcome): FinishedSuiteCell[] => {
      if (outcome.kind !== 'done') return [];
      const { cell, result, digest, provenance } = outcome;
      return [{ ...cell, result, digest, provenance }];
    })
    .sort((a, b) => inPlan.get(a.key)! - inPlan.get(b.key)!);
  const ended = finished.length + failed.length;
  const [first] = failed;
  if (
    first !== undefined &&
    (ended < plan.length || finished.every(({ spec }) => spec.kind !== 'training'))
  ) {
    const others = failed.length > 1 ? ` (and ${failed.length - 1} more)` : '';
    throw new RunError(`cell ${first.label} failed${others}: ${first.error.message}`);
  }
  if (ended < plan.length) {
    throw new InterruptedError(
      `interrupted with ${finished.length} of ${plan.length} cells finished; the same command goes on from there`,
    );
  }
  requireOneProcessor(finished);
  return { finished, failed };
}
