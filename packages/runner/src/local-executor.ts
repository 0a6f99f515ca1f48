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
import { type Claim, type Claims, openClaims } from './claims/claims.ts';
import type { Owner } from './claims/owner.ts';
import { findResult, type WhyOutdated } from './find-result.ts';
import type { JournalEntry, Ledger } from './ledger.ts';
import { removeBesideResult, withClaim } from './leftovers.ts';
import { describeEnvironment, type Environment, type ProcessAccount, type Provenance } from './provenance.ts';
import { WorkerLostError } from './worker-lost-error.ts';

export interface Cell<Spec> {
  /** Unique; see cellKey. */
  readonly key: string;
  /** A name for people. */
  readonly label: string;
  /** A value that canonical JSON can represent. */
  readonly spec: Spec;
}

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
}

export type RunCell<Spec, Result> = (spec: Spec, context: CellContext) => Promise<Result>;

/** How a cell ended. */
export type CellOutcome<Spec, Result> =
  | {
      readonly kind: 'done';
      readonly cell: Cell<Spec>;
      readonly result: Result;
      /** Taken from the ledger, not computed. */
      readonly reused: boolean;
    }
  | { readonly kind: 'failed'; readonly cell: Cell<Spec>; readonly error: Error }
  | { readonly kind: 'interrupted'; readonly cell: Cell<Spec> };

export type CellEvent<Spec, Result = unknown> = {
  readonly cell: Cell<Spec>;
} /** The cell's result was in the ledger. */ & (
  | { readonly kind: 'cell-skipped'; readonly result: Result }
  /** Another runner on this ledger computes the cell. The executor polls until that runner has finished or died. */
  | { readonly kind: 'cell-held'; readonly owner: Owner }
  | { readonly kind: 'cell-started' }
  | ({ readonly kind: 'progress' } & Progress)
  /** The cell's worker was lost. The cell is tried once more. */
  | { readonly kind: 'cell-retried'; readonly error: Error }
  | { readonly kind: 'cell-done'; readonly ms: number; readonly result: Result }
  | { readonly kind: 'cell-failed'; readonly error: Error; readonly ms: number }
  | { readonly kind: 'cell-interrupted' }
  /** The cell's result.json is invalid. The cell is computed again. */
  | { readonly kind: 'result-disbelieved'; readonly file: string; readonly reason: string }
  /** The cell would now give another result than the stored one. The cell is computed again. */
  | { readonly kind: 'result-outdated'; readonly reason: string }
);

export interface RunCellsOptions<Spec, Result> {
  readonly cells: readonly Cell<Spec>[];
  readonly ledger: Ledger<Result>;
  readonly run: RunCell<Spec, Result>;
  /** Checks whether a valid result may be reused. By default every valid result is reused. */
  readonly whyOutdated?: WhyOutdated<Spec>;
  /** Number of cells computed at the same time. */
  readonly concurrency?: number;
  readonly onEvent?: (event: CellEvent<Spec, Result>) => void;
  readonly signal?: AbortSignal;
  /** Claims of all runners on this ledger. */
  readonly claims?: Claims;
  /** Time between two polls of a cell that another runner computes. */
  readonly pollMs?: number;
  /** Time after an abort in which a running cell may end by itself before it is abandoned; 0 by default. */
  readonly graceMs?: number;
  /** The environment for provenance; determined by default. */
  readonly environment?: Environment;
}

/**
 * @returns the outcome of every cell, in the order of `cells`
 * @throws RangeError when two cells share a key or `concurrency` is not a positive integer
 */
export async function runCells<Spec, Result>(
  options: RunCellsOptions<Spec, Result>,
): Promise<CellOutcome<Spec, Result>[]> {
  const { cells, concurrency = 1, onEvent = () => {}, signal, ledger, pollMs = 1000 } = options;
  const claims = options.claims ?? openClaims({ directory: ledger.directory });
  requireDistinctKeys(cells);
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new RangeError(`concurrency must be a positive integer, got ${concurrency}`);
  }
  const environment = options.environment ?? (await describeEnvironment());
  const unwritable = new AbortController();
  const stop = AbortSignal.any([unwritable.signal, ...(signal ? [signal] : [])]);
  const outcomes: CellOutcome<Spec, Result>[] = [];
  /** Cells that another runner is computing move to the back of the queue. */
  const queue = cells.map((cell, index) => ({ cell, index, notBefore: 0, told: false }));
  const takeTurns = async (): Promise<void> => {
    for (let turn = queue.shift(); turn !== undefined; turn = queue.shift()) {
      const { cell, index, notBefore, told } = turn;
      await pause(Math.max(0, notBefore - performance.now()), undefined, { signal: stop }).catch(() => {});
      const outcome = await settle(cell, { ...options, onEvent, environment, stop, claims });
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

interface Settings<Spec, Result> extends RunCellsOptions<Spec, Result> {
  readonly onEvent: (event: CellEvent<Spec, Result>) => void;
  readonly environment: Environment;
  readonly stop: AbortSignal;
  readonly claims: Claims;
}

/** Another runner owns the cell. The owner is null where that runner has just taken it over, or has just begun its claim. */
interface Held {
  readonly kind: 'held';
  readonly owner: Owner | null;
}

/** Takes the result from the ledger, or claims the cell and computes it. */
async function settle<Spec, Result>(
  cell: Cell<Spec>,
  settings: Settings<Spec, Result>,
): Promise<CellOutcome<Spec, Result> | Held> {
  const { ledger, onEvent, claims, stop, whyOutdated } = settings;
  const skip = (result: Result): CellOutcome<Spec, Result> => {
    onEvent({ kind: 'cell-skipped', cell, result });
    return { kind: 'done', cell, result, reused: true };
  };
  let claim: Claim | undefined;
  try {
    stop.throwIfAborted();
    const before = await findResult(cell, ledger, whyOutdated);
    if (before.state === 'present') return skip(before.record.result);
    const attempt = await claims.claim(cell.key);
    if (attempt.state === 'held') return { kind: 'held', owner: attempt.owner };
    claim = attempt.claim;
    // The previous owner may have finished between the first read and the claim.
    const stored = await findResult(cell, ledger, whyOutdated);
    if (stored.state === 'present') return skip(stored.record.result);
    if (stored.state === 'disbelieved') {
      onEvent({ kind: 'result-disbelieved', cell, file: stored.file, reason: stored.reason });
    }
    if (stored.state === 'outdated') {
      onEvent({ kind: 'result-outdated', cell, reason: stored.reason });
    }
    const again = 'reason' in stored ? { again: stored.reason } : {};
    return await compute(cell, settings, claim, again);
  } catch (thrown) {
    if (stop.aborted && !(thrown instanceof FileWriteError)) return interrupted(cell, onEvent);
    const error = asError(thrown);
    onEvent({ kind: 'cell-failed', cell, error, ms: 0 });
    return { kind: 'failed', cell, error };
  } finally {
    await claim?.release();
    if (claim?.lost.aborted === true) await clearAfterTakeover(cell, settings);
  }
}

/** Removes what this runner wrote beside the result of the runner that took the cell over while this one slept. */
async function clearAfterTakeover<Spec, Result>(
  cell: Cell<Spec>,
  { claims, ledger, whyOutdated }: Settings<Spec, Result>,
): Promise<void> {
  const clear = async (): Promise<void> => {
    const { state } = await findResult(cell, ledger, whyOutdated);
    if (state === 'present') await removeBesideResult(ledger.directory, cell.key);
  };
  // While the other runner is at work, it clears the folder at its own end. A failure here costs no result.
  await withClaim(claims, cell.key, clear).catch(() => {});
}

/** Runs the cell and stores its result or its error. The journal records the course of the attempt. */
async function compute<Spec, Result>(
  cell: Cell<Spec>,
  { ledger, run, onEvent, environment, stop, graceMs = 0 }: Settings<Spec, Result>,
  claim: Claim,
  /** Why the cell is computed although the ledger has a result. */
  again: { readonly again?: string },
): Promise<CellOutcome<Spec, Result> | Held> {
  const { key, label, spec } = cell;
  const signal = AbortSignal.any([stop, claim.lost]);
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
  };
  const runOnce = (): Promise<Result> => {
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
    if (!(await claim.holds())) throw claim.lost.reason;
    const { result } = await ledger.write(key, spec, measured, provenance);
    await removeBesideResult(ledger.directory, key).catch(() => {});
    onEvent({ kind: 'cell-done', cell, ms: provenance.durationMs, result });
    return { kind: 'done', cell, result, reused: false };
  } catch (thrown) {
    const error = asError(thrown);
    // After a takeover any error may come from the other runner's work, for example a file that it has removed.
    const taken = !(await claim.holds().catch(() => true));
    const unwritable = error instanceof FileWriteError && !taken;
    if ((signal.aborted || taken) && !unwritable) {
      await journaled.catch(() => {});
      return stop.aborted ? interrupted(cell, onEvent) : { kind: 'held', owner: null };
    }
    const provenance = provenanceNow();
    if (!unwritable) {
      const { name, message, stack = '' } = error;
      await journaled;
      await ledger.writeFailure(key, { label, spec, error: { name, message, stack }, provenance });
    }
    onEvent({ kind: 'cell-failed', cell, error, ms: provenance.durationMs });
    return { kind: 'failed', cell, error };
  }
}

function interrupted<Spec, Result>(
  cell: Cell<Spec>,
  onEvent: (event: CellEvent<Spec, Result>) => void,
): CellOutcome<Spec, Result> {
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

function requireDistinctKeys(cells: readonly Cell<unknown>[]): void {
  const labels = new Map<string, string>();
  for (const { key, label } of cells) {
    const other = labels.get(key);
    if (other !== undefined)
      throw new RangeError(`cells "${other}" and "${label}" have the same key, ${key}`);
    labels.set(key, label);
  }
}
