/**
 * Runs cells on this machine. A cell with a valid and current result in the ledger is skipped. Every other cell is computed,
 * and its result is stored at once.
 *
 * A cell is a key, a label and a specification; `run` interprets the specification. A failed cell does not stop the other
 * cells. An abort (Ctrl-C) abandons running cells and leaves no file half-written, so a second call continues where the
 * first one stopped. Only a ledger that cannot be written, as on a full disk, stops all cells: further results would be lost.
 */

import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { FileWriteError } from '@clce/files';
import { recordOfError } from '@clce/registry';
import type { Cell } from './cell.ts';
import { findResult, type WhyOutdated } from './find-result.ts';
import type { JournalEntry } from './journal.ts';
import { type Lease, type Leases, openLeases } from './leases/leases.ts';
import type { Owner } from './leases/owner.ts';
import { withLease } from './leases/with-lease.ts';
import type { Ledger, StoredResult } from './ledger.ts';
import { describeEnvironment, type Environment, type ProcessAccount, type Provenance } from './provenance.ts';
import type { BrokenFile } from './sealed-files.ts';
import { removeBesideResult } from './survey/cell-files.ts';
import { WorkerLostError } from './worker-lost-error.ts';

/** `step` of `steps` steps are done. */
export interface Progress {
  readonly step: number;
  readonly steps: number;
  readonly message?: string;
  /** Figures for the cell's journal. */
  readonly figures?: Readonly<Record<string, number>>;
}

export interface CellContext {
  /** Aborted when the cell is abandoned. Its result is discarded, but it may save a snapshot to continue from later. */
  readonly signal: AbortSignal;
  /** The cell's folder of the ledger. */
  readonly directory: string;
  readonly onProgress: (progress: Progress) => void;
  /** `run` reports its process and its code here; the report goes into the provenance. */
  readonly onAccount?: (account: ProcessAccount) => void;
  /** `run` says here what a person should know, in a line. */
  readonly onNote?: (note: string) => void;
}

export type RunCell<Spec, Result> = (spec: Spec, context: CellContext) => Promise<Result>;

/** How a cell ended. */
export type CellOutcome<C extends Cell, Result> =
  | {
      readonly kind: 'done';
      readonly cell: C;
      readonly result: Result;
      /** Of the result.json. */
      readonly digest: string;
      /** Null when unknown. */
      readonly provenance: Provenance | null;
      /** Taken from the ledger, not computed. */
      readonly reused: boolean;
    }
  | { readonly kind: 'failed'; readonly cell: C; readonly error: Error }
  | { readonly kind: 'interrupted'; readonly cell: C };

export type CellEvent<C extends Cell = Cell, Result = unknown> = {
  readonly cell: C;
} /** The cell's result was in the ledger. */ & (
  | { readonly kind: 'cell-skipped'; readonly result: Result }
  /** Another runner on this ledger computes the cell. The executor polls until that runner has finished or died. */
  | { readonly kind: 'cell-held'; readonly owner: Owner }
  | { readonly kind: 'cell-started' }
  | ({ readonly kind: 'progress' } & Progress)
  | { readonly kind: 'cell-note'; readonly note: string }
  /** The cell's worker was lost. The cell is tried once more. */
  | { readonly kind: 'cell-retried'; readonly error: Error }
  | { readonly kind: 'cell-done'; readonly ms: number; readonly result: Result }
  | { readonly kind: 'cell-failed'; readonly error: Error; readonly ms: number }
  | { readonly kind: 'cell-interrupted' }
  /** The cell's result or its provenance is broken. The cell is computed again. */
  | ({ readonly kind: 'result-disbelieved' } & BrokenFile)
  /** The cell would now give another result than the stored one. The cell is computed again. */
  | { readonly kind: 'result-outdated'; readonly reason: string }
);

export interface RunCellsOptions<C extends Cell, Result> {
  readonly cells: readonly C[];
  readonly ledger: Ledger<Result>;
  /** Computes what the ledger parses as a result. */
  readonly run: RunCell<C['spec'], unknown>;
  /** Checks whether a valid result may be reused. By default every valid result is reused. */
  readonly whyOutdated?: WhyOutdated<C>;
  /** Number of cells computed at the same time. */
  readonly concurrency?: number;
  readonly onEvent?: (event: CellEvent<C, Result>) => void;
  readonly signal?: AbortSignal;
  /** Leases of all runners on this ledger. */
  readonly leases?: Leases;
  /** Time between two polls of a cell that another runner computes. */
  readonly pollMs?: number;
  /** Time after an abort in which a running cell may end by itself before it is abandoned; 0 by default. */
  readonly graceMs?: number;
  /** The environment for provenance; determined by default. */
  readonly environment?: Environment;
}

/**
 * @returns the outcome of every cell, with the cell as it was given, in the order of `cells`
 * @throws RangeError when two cells share a key or `concurrency` is not a positive integer
 */
export async function runCells<C extends Cell, Result>(
  options: RunCellsOptions<C, Result>,
): Promise<CellOutcome<C, Result>[]> {
  const { cells, concurrency = 1, onEvent = () => {}, signal, ledger, pollMs = 1000 } = options;
  const leases = options.leases ?? openLeases({ directory: ledger.directory });
  requireDistinctKeys(cells);
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new RangeError(`concurrency must be a positive integer, got ${concurrency}`);
  }
  const environment = options.environment ?? (await describeEnvironment());
  const unwritable = new AbortController();
  const stop = AbortSignal.any([unwritable.signal, ...(signal ? [signal] : [])]);
  const outcomes: CellOutcome<C, Result>[] = [];
  /** Cells that another runner is computing move to the back of the queue. */
  const queue = cells.map((cell, index) => ({ cell, index, notBefore: 0, told: false }));
  // Taking from the front of a long array would move all others.
  let next = 0;
  const takeTurns = async (): Promise<void> => {
    while (next < queue.length) {
      const turn = queue[next++]!;
      const { cell, index, notBefore, told } = turn;
      const wait = notBefore - performance.now();
      if (wait > 0) await pause(wait, undefined, { signal: stop }).catch(() => {});
      const outcome = await settle(cell, { ...options, onEvent, environment, stop, leases });
      if (outcome.kind === 'held') {
        const { owner } = outcome;
        if (!told && owner !== null) onEvent({ kind: 'cell-held', cell, owner });
        queue.push({ cell, index, notBefore: performance.now() + pollMs, told: told || owner !== null });
        continue;
      }
      outcomes[index] = outcome;
      if (outcome.kind === 'failed' && outcome.error instanceof FileWriteError) unwritable.abort();
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, cells.length) }, takeTurns));
  return outcomes;
}

interface CompleteOptions<C extends Cell, Result> extends RunCellsOptions<C, Result> {
  readonly onEvent: (event: CellEvent<C, Result>) => void;
  readonly environment: Environment;
  readonly stop: AbortSignal;
  readonly leases: Leases;
}

/** Another runner owns the cell. The owner is null where that runner has just taken it over, or has just begun its lease. */
interface Held {
  readonly kind: 'held';
  readonly owner: Owner | null;
}

/** Takes the result from the ledger, or leases the cell and computes it. */
async function settle<C extends Cell, Result>(
  cell: C,
  options: CompleteOptions<C, Result>,
): Promise<CellOutcome<C, Result> | Held> {
  const { ledger, onEvent, leases, stop, whyOutdated } = options;
  const skip = ({ record, provenance }: StoredResult<Result>): CellOutcome<C, Result> => {
    const { result, digest } = record;
    onEvent({ kind: 'cell-skipped', cell, result });
    return { kind: 'done', cell, result, digest, provenance, reused: true };
  };
  let lease: Lease | undefined;
  try {
    stop.throwIfAborted();
    const before = await findResult(cell, ledger, whyOutdated);
    if (before.state === 'present') return skip(before);
    const attempt = await leases.acquire(cell.key);
    if (attempt.state === 'held') return { kind: 'held', owner: attempt.owner };
    lease = attempt.lease;
    // The previous owner may have finished between the first read and the lease.
    const stored = await findResult(cell, ledger, whyOutdated);
    if (stored.state === 'present') return skip(stored);
    if (stored.state === 'disbelieved') {
      onEvent({ ...stored, kind: 'result-disbelieved', cell });
    }
    if (stored.state === 'outdated') {
      onEvent({ kind: 'result-outdated', cell, reason: stored.reason });
    }
    const again = 'reason' in stored ? { again: stored.reason } : {};
    return await compute(cell, options, lease, again);
  } catch (thrown) {
    if (stop.aborted && !(thrown instanceof FileWriteError)) return interrupted(cell, onEvent);
    const error = asError(thrown);
    onEvent({ kind: 'cell-failed', cell, error, ms: 0 });
    return { kind: 'failed', cell, error };
  } finally {
    await lease?.release();
    if (lease?.lost.aborted === true) await clearAfterTakeover(cell, options);
  }
}

/** Removes what this runner wrote beside the result of the runner that took the cell over while this one slept. */
async function clearAfterTakeover<C extends Cell, Result>(
  cell: C,
  { leases, ledger, whyOutdated }: CompleteOptions<C, Result>,
): Promise<void> {
  const clear = async (): Promise<void> => {
    const { state } = await findResult(cell, ledger, whyOutdated);
    if (state === 'present') await removeBesideResult(ledger.directory, cell.key);
  };
  // While the other runner is at work, it clears the folder at its own end. A failure here costs no result.
  await withLease(leases, cell.key, clear).catch(() => {});
}

/** Runs the cell and stores its result or its error. The journal records the course of the attempt. */
async function compute<C extends Cell, Result>(
  cell: C,
  { ledger, run, onEvent, environment, stop, graceMs = 0 }: CompleteOptions<C, Result>,
  lease: Lease,
  /** Why the cell is computed although the ledger has a result. */
  again: { readonly again?: string },
): Promise<CellOutcome<C, Result> | Held> {
  const { key, label, spec } = cell;
  const signal = AbortSignal.any([stop, lease.lost]);
  signal.throwIfAborted();
  const startedAt = new Date();
  const start = performance.now();
  let account: ProcessAccount = {};
  const provenanceNow = (): Provenance => ({
    ...environment,
    startedAt: startedAt.toISOString(),
    endedAt: new Date().toISOString(),
    durationMs: Math.round(performance.now() - start),
    ...account,
  });
  let journaled = Promise.resolve();
  const journal = (entry: JournalEntry): void => {
    const time = new Date().toISOString();
    journaled = journaled.then(() => ledger.appendJournal(key, { time, ...entry }));
    // The end of the cell awaits `journaled`. This handler only prevents an unhandled rejection before then.
    journaled.catch(() => {});
  };
  const context: CellContext = {
    signal,
    directory: join(ledger.directory, key),
    onProgress(progress) {
      if (signal.aborted) return;
      onEvent({ ...progress, kind: 'progress', cell });
      if (progress.figures !== undefined) journal({ step: progress.step, ...progress.figures });
    },
    onAccount(more) {
      account = { ...account, ...more };
    },
    onNote(note) {
      onEvent({ kind: 'cell-note', cell, note });
      journal({ note });
    },
  };
  const runOnce = (): Promise<unknown> => {
    account = {};
    return abandonOnAbort(() => run(spec, context), signal, graceMs);
  };

  onEvent({ kind: 'cell-started', cell });
  journal({ event: 'started', label, commit: environment.commit ?? 'unknown', ...again });
  try {
    const measured = await runOnce().catch((error: unknown) => {
      if (!(error instanceof WorkerLostError) || signal.aborted) throw error;
      onEvent({ kind: 'cell-retried', cell, error });
      journal({ event: 'retried', error: error.message });
      return runOnce();
    });
    const provenance = provenanceNow();
    await journaled;
    // A runner that was suspended while it computed may find that another one has stored the result.
    if (!(await lease.holds())) throw lease.lost.reason;
    const { result, digest } = await ledger.write(key, spec, measured, provenance);
    await removeBesideResult(ledger.directory, key).catch(() => {});
    onEvent({ kind: 'cell-done', cell, ms: provenance.durationMs, result });
    return { kind: 'done', cell, result, digest, provenance, reused: false };
  } catch (thrown) {
    const error = asError(thrown);
    // After a takeover any error may come from the other runner's work, for example a file that it has removed.
    const taken = !(await lease.holds().catch(() => true));
    const unwritable = error instanceof FileWriteError && !taken;
    if ((signal.aborted || taken) && !unwritable) {
      await journaled.catch(() => {});
      return stop.aborted ? interrupted(cell, onEvent) : { kind: 'held', owner: null };
    }
    const provenance = provenanceNow();
    if (!unwritable) {
      await journaled;
      await ledger.writeFailure(key, { label, spec, error: recordOfError(error), provenance });
    }
    onEvent({ kind: 'cell-failed', cell, error, ms: provenance.durationMs });
    return { kind: 'failed', cell, error };
  }
}

function interrupted<C extends Cell, Result>(
  cell: C,
  onEvent: (event: CellEvent<C, Result>) => void,
): CellOutcome<C, Result> {
  onEvent({ kind: 'cell-interrupted', cell });
  return { kind: 'interrupted', cell };
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** Settles with `start`, or rejects `graceMs` after the signal aborts, whichever comes first. */
async function abandonOnAbort<Result>(
  start: () => Promise<Result>,
  signal: AbortSignal,
  graceMs: number,
): Promise<Result> {
  let onAbort: () => void = () => {};
  let overdue: NodeJS.Timeout | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => {
      overdue = setTimeout(() => reject(signal.reason), graceMs);
    };
  });
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([start(), aborted]);
  } finally {
    clearTimeout(overdue);
    signal.removeEventListener('abort', onAbort);
  }
}

function requireDistinctKeys(cells: readonly Cell[]): void {
  const labels = new Map<string, string>();
  for (const { key, label } of cells) {
    const other = labels.get(key);
    if (other !== undefined)
      throw new RangeError(`cells "${other}" and "${label}" have the same key, ${key}`);
    labels.set(key, label);
  }
}
