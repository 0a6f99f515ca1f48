/** Runs the planned cells as a Slurm job array, or comes back to the one that runs them already. */
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { mapOfFirstSeed, parseReportedResult, type ReportedResult, roundsOf } from '@clce/results';
import {
  type CellOutcome,
  type ElementState,
  findResult,
  type Ledger,
  openLedger,
  queued,
  type SlurmOptions,
  type Submission,
  submissions,
  submitCells,
} from '@clce/runner';
import { jsonReporter, progressReporter } from '../print/live/progress.ts';
import type { SuiteCell } from './plan.ts';
import { InterruptedError } from './run-error.ts';
import { type RunOptions, type RunOutcome, runOutcome } from './run-plan.ts';
import { stoppable } from './stopping.ts';
import { outdatedBy } from './why-outdated.ts';

/** Between looks at the queue and the ledger. */
const POLL_MS = 5000;
/** Looks at a cell that has left the queue without a result: over a network a file may be late. */
const LOOKS = 6;

/**
 * What became of the cells. Interrupted, it leaves the cluster at work: the same command comes back to it.
 *
 * @throws RunError when no training run finished, SlurmError when Slurm does not answer
 */
export async function runOnSlurm(
  plan: readonly SuiteCell[],
  options: RunOptions & { readonly slurm: SlurmOptions },
): Promise<RunOutcome> {
  return stoppable((asked) => runArray(plan, options, asked));
}

async function runArray(
  plan: readonly SuiteCell[],
  options: RunOptions & { readonly slurm: SlurmOptions },
  asked: AbortSignal,
): Promise<RunOutcome> {
  const ledger = openLedger({ directory: options.ledger, parseResult: parseReportedResult });
  const waiting = new Map<string, Waiting>();
  const progress = options.json ? jsonReporter() : progressReporter(plan, plan.length, options.comparison);
  const whyOutdated = outdatedBy(ledger, options.settings.dataRoot);
  for (const cell of plan) {
    const stored = await findResult(cell, ledger, whyOutdated);
    if (stored.state === 'present') {
      progress.observe({ kind: 'cell-skipped', cell, result: stored.record.result });
      continue;
    }
    if (stored.state === 'disbelieved') {
      const { file, reason, remedy } = stored;
      progress.observe({ kind: 'result-disbelieved', cell, file, reason, remedy });
    }
    if (stored.state === 'outdated') {
      progress.observe({ kind: 'result-outdated', cell, reason: stored.reason });
    }
    waiting.set(cell.key, { cell, looks: 0, running: false });
  }
  const isWaiting = ({ key }: { readonly key: string }) => waiting.has(key);
  const concerned = (await submissions(options.ledger)).filter(({ cells }) => cells.some(isWaiting));
  const underWay = await statesIn(concerned);
  const rest = roundsOf(plan)
    .flat()
    .filter(({ key }) => waiting.has(key) && !underWay.has(key));
  if (rest.length > 0) {
    const submission = await submitCells(
      options.ledger,
      { cells: rest, settings: elementSettings(options) },
      elementCommand(),
      options.slurm,
    );
    concerned.push(submission);
    note(`job ${submission.job} (${submission.id}): ${rest.length} cells`);
  }
  if (waiting.size > rest.length) note(`${waiting.size - rest.length} cells are in the queue already`);

  const failures = new Map<string, Error>();
  while (waiting.size > 0) {
    await pause(POLL_MS, undefined, { signal: asked }).catch(() => {
      progress.end();
      throw new InterruptedError(
        'the cluster goes on; the same command comes back to it, "./clce cluster cancel" stops it',
      );
    });
    const states = await statesIn(concerned);
    for (const [key, one] of waiting) {
      const { cell } = one;
      if (states.get(key) === 'running' && !one.running) {
        one.running = true;
        progress.observe({ kind: 'cell-started', cell });
      }
      const stored = await findResult(cell, ledger, whyOutdated);
      if (stored.state === 'present') {
        const provenance = await ledger.readProvenance(key);
        const { result } = stored.record;
        progress.observe({ kind: 'cell-done', cell, ms: provenance?.durationMs ?? 0, result });
        waiting.delete(key);
      } else if (!states.has(key) && ++one.looks >= LOOKS) {
        const error = await failureOf(ledger, key);
        failures.set(key, error);
        progress.observe({ kind: 'cell-failed', cell, error, ms: 0 });
        waiting.delete(key);
      } else if (states.has(key)) one.looks = 0;
    }
  }
  progress.end();
  return runOutcome(plan, await outcomesOf(plan, ledger, failures), ledger);
}

interface Waiting {
  readonly cell: SuiteCell;
  looks: number;
  running: boolean;
}

/** State of every cell of those submissions that is in the queue. */
async function statesIn(concerned: readonly Submission[]): Promise<Map<string, ElementState>> {
  const states = await Promise.all(concerned.map(queued));
  return new Map(states.flatMap((bySubmission) => [...bySubmission]));
}

async function failureOf(ledger: Ledger<ReportedResult>, key: string): Promise<Error> {
  const failure = await ledger.readFailure(key);
  if (failure !== null) return new Error(failure.error.message);
  return new Error(
    `it left the queue without a result; see ${ledger.directory}/.slurm/*/logs and "./clce logs ${key.slice(0, 12)}"`,
  );
}

async function outcomesOf(
  plan: readonly SuiteCell[],
  ledger: Ledger<ReportedResult>,
  failures: ReadonlyMap<string, Error>,
): Promise<CellOutcome<SuiteCell, ReportedResult>[]> {
  const forgetMap = mapOfFirstSeed(plan);
  const outcomes: CellOutcome<SuiteCell, ReportedResult>[] = [];
  for (const cell of plan) {
    const error = failures.get(cell.key);
    const stored = error === undefined ? await ledger.read(cell.key) : undefined;
    if (error !== undefined) outcomes.push({ kind: 'failed', cell, error });
    else if (stored?.state === 'present') {
      const { result } = stored.record;
      forgetMap(cell, result);
      outcomes.push({ kind: 'done', cell, result, reused: false });
    } else outcomes.push({ kind: 'interrupted', cell });
  }
  return outcomes;
}

/** This very program, told to run one cell. The plan and the index follow. */
function elementCommand(): string[] {
  return [process.execPath, ...process.execArgv, resolve(process.argv[1]!), 'run-cell'];
}

/** Elements run in another folder, so paths are absolute. The element chooses the number of threads. */
function elementSettings({ settings }: RunOptions): RunOptions['settings'] {
  const weightFiles = Object.entries(settings.weightFiles).map(([hash, file]) => [hash, resolve(file)]);
  return {
    ...settings,
    dataRoot: resolve(settings.dataRoot),
    weightFiles: Object.fromEntries(weightFiles) as Record<string, string>,
  };
}

function note(text: string): void {
  process.stderr.write(`${text}\n`);
}
