/** Runs the planned cells as a Slurm job array, or comes back to the one that runs them already. */
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { reviveError } from '@clce/registry';
import {
  mapOfFirstSeed,
  parseReportedResult,
  type ReportedResult,
  roundsOf,
  type ShownMaps,
} from '@clce/results';
import {
  brokenFileLine,
  type CellOutcome,
  findResult,
  type Ledger,
  openLedger,
  type QueuedElement,
  queued,
  queueWatch,
  type SlurmOptions,
  type Submission,
  submissions,
  submitCells,
  type WhyOutdated,
} from '@clce/runner';
import { jsonReporter, type ProgressReporter, progressReporter } from '../print/live/progress.ts';
import { indexOf } from '../stored/result-index.ts';
import type { SuiteCell } from './plan.ts';
import { InterruptedError } from './run-error.ts';
import { type RunOptions, type RunOutcome, runOutcome } from './run-plan.ts';
import { stoppable } from './stopping.ts';
import { outdatedBy } from './why-outdated.ts';

/** Time between two polls of the queue and the ledger. */
const POLL_MS = 5000;
/** Polls without a result after which a cell that left the queue counts as failed. Network files may appear late. */
const LOOKS = 6;

/**
 * Runs the cells on Slurm. An interruption leaves the jobs running; the same command resumes waiting.
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
  const progress = options.json ? jsonReporter() : progressReporter(plan, plan.length, options.comparison);
  const { note } = progress;
  const maps = mapOfFirstSeed(plan);
  const index = indexOf(options.ledger, maps.mayShow);
  const ledger = openLedger({
    directory: options.ledger,
    parseResult: parseReportedResult,
    index,
    onBroken: (broken) => note(brokenFileLine(broken)),
  });
  const run = { ledger, maps, progress, whyOutdated: outdatedBy(ledger, options.settings.dataRoot) };
  const waiting = await cellsToCompute(plan, run);
  const concerned = await submissionsOf(waiting, options, note);
  const failures = new Map<string, Error>();
  const look = queueWatch((message) => {
    // Ctrl-C in a terminal ends squeue, too.
    if (!asked.aborted) note(`warning: ${message}`);
  });
  const tellPending = pendingTeller(concerned, note);
  while (waiting.size > 0) {
    await pause(POLL_MS, undefined, { signal: asked }).catch(() => {
      progress.end();
      throw new InterruptedError(
        'the cluster goes on; the same command comes back to it, "./clce cluster cancel" stops it',
      );
    });
    const elements = await look(concerned);
    if (elements !== undefined) tellPending(elements);
    await settleEnded(waiting, elements, failures, run);
  }
  progress.end();
  const outcomes = await outcomesOf(plan, run, failures);
  await index.save();
  index.close();
  return runOutcome(plan, outcomes);
}

interface ClusterRun {
  readonly ledger: Ledger<ReportedResult>;
  readonly maps: ShownMaps;
  readonly progress: ProgressReporter;
  readonly whyOutdated: WhyOutdated<SuiteCell>;
}

interface Waiting {
  readonly cell: SuiteCell;
  looks: number;
  running: boolean;
}

/** The cells that have no result yet, by key. */
async function cellsToCompute(
  plan: readonly SuiteCell[],
  { ledger, maps, progress, whyOutdated }: ClusterRun,
): Promise<Map<string, Waiting>> {
  const waiting = new Map<string, Waiting>();
  for (const cell of plan) {
    const stored = await findResult(cell, ledger, whyOutdated);
    if (stored.state === 'present') {
      const { result } = stored.record;
      maps.forget(cell.key, result);
      progress.observe({ kind: 'cell-skipped', cell, result });
      continue;
    }
    if (stored.state === 'disbelieved') {
      progress.observe({ ...stored, kind: 'result-disbelieved', cell });
    }
    if (stored.state === 'outdated') {
      progress.observe({ kind: 'result-outdated', cell, reason: stored.reason });
    }
    waiting.set(cell.key, { cell, looks: 0, running: false });
  }
  return waiting;
}

/** The submissions of the waiting cells. Cells that are not in the queue are submitted. */
async function submissionsOf(
  waiting: ReadonlyMap<string, Waiting>,
  options: RunOptions & { readonly slurm: SlurmOptions },
  note: (text: string) => void,
): Promise<Submission[]> {
  const isWaiting = ({ key }: { readonly key: string }) => waiting.has(key);
  const before = (await submissions(options.ledger)).filter(({ cells }) => cells.some(isWaiting));
  const underWay = await queued(before);
  const rest = roundsOf([...waiting.values()].map(({ cell }) => cell))
    .flat()
    .filter(({ key }) => !underWay.has(key));
  const submitted = await submitCells(
    options.ledger,
    { cells: rest, settings: elementSettings(options) },
    elementCommand(),
    options.slurm,
    ({ job, id, cells }) => note(`job ${job} (${id}): ${cells.length} cells`),
  );
  if (waiting.size > rest.length) note(`${waiting.size - rest.length} cells are in the queue already`);
  return [...before, ...submitted];
}

/** Says why cells are pending, each reason once: some reasons never end by themselves. */
function pendingTeller(concerned: readonly Submission[], note: (text: string) => void) {
  const told = new Set(['', 'None']);
  return (elements: ReadonlyMap<string, QueuedElement>): void => {
    const pending = [...elements.values()].filter(({ state }) => state === 'pending');
    const reasons = [...new Set(pending.map(({ reason }) => reason))].filter((reason) => !told.has(reason));
    if (reasons.length === 0) return;
    for (const reason of reasons) told.add(reason);
    const jobs = concerned.map(({ job }) => job).join(',');
    note(`${pending.length} cells are pending: ${reasons.join(', ')} ("squeue --jobs=${jobs}" has more)`);
  };
}

/**
 * Removes the cells that have ended from `waiting`.
 *
 * @param elements undefined where the queue is not known
 */
async function settleEnded(
  waiting: Map<string, Waiting>,
  elements: ReadonlyMap<string, QueuedElement> | undefined,
  failures: Map<string, Error>,
  { ledger, progress, whyOutdated }: ClusterRun,
): Promise<void> {
  for (const [key, one] of waiting) {
    const { cell } = one;
    if (elements?.get(key)?.state === 'running' && !one.running) {
      one.running = true;
      progress.observe({ kind: 'cell-started', cell });
    }
    const stored = await findResult(cell, ledger, whyOutdated);
    if (stored.state === 'present') {
      const provenance = await ledger.readProvenance(key);
      const { result } = stored.record;
      progress.observe({ kind: 'cell-done', cell, ms: provenance?.durationMs ?? 0, result });
      waiting.delete(key);
      continue;
    }
    if (elements === undefined) continue;
    one.looks = elements.has(key) ? 0 : one.looks + 1;
    if (one.looks < LOOKS) continue;
    const error = await failureOf(ledger, key);
    failures.set(key, error);
    progress.observe({ kind: 'cell-failed', cell, error, ms: 0 });
    waiting.delete(key);
  }
}

async function failureOf(ledger: Ledger<ReportedResult>, key: string): Promise<Error> {
  const failure = await ledger.readFailure(key);
  if (failure !== null) return reviveError(failure.error);
  return new Error(
    `it left the queue without a result; see ${ledger.directory}/.slurm/*/logs and "./clce logs ${key.slice(0, 12)}"`,
  );
}

async function outcomesOf(
  plan: readonly SuiteCell[],
  { ledger, maps }: ClusterRun,
  failures: ReadonlyMap<string, Error>,
): Promise<CellOutcome<SuiteCell, ReportedResult>[]> {
  const outcomes: CellOutcome<SuiteCell, ReportedResult>[] = [];
  for (const cell of plan) {
    const error = failures.get(cell.key);
    const stored = error === undefined ? await ledger.read(cell.key) : undefined;
    if (error !== undefined) outcomes.push({ kind: 'failed', cell, error });
    else if (stored?.state === 'present') {
      const { record, provenance } = stored;
      maps.forget(cell.key, record.result);
      const { result, digest } = record;
      outcomes.push({ kind: 'done', cell, result, digest, provenance, reused: false });
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
  const inputPaths = Object.entries(settings.inputPaths).map(([hash, file]) => [hash, resolve(file)]);
  return {
    ...settings,
    dataRoot: resolve(settings.dataRoot),
    inputPaths: Object.fromEntries(inputPaths) as Record<string, string>,
  };
}
