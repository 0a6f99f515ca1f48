/**
 * Runs cells on this machine: what the ledger has is skipped while it is what the cell would give, the rest is computed, each result is kept at once.
 *
 * A cell is a key, a label and a specification; what it means is the business of `run`. A cell that fails does not stop
 * the others. An abort (Ctrl-C) abandons the cells in flight and leaves nothing half-written, so the same call made
 * again goes on where this one stopped. A ledger that cannot be written (a full disk) is the one thing that stops all:
 * computing more that cannot be kept would waste hours.
 */

import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { FileWriteError } from '@clce/files';
import { type Claim, type Claims, type Owner, openClaims } from './claims.ts';
import { findResult, type WhyOutdated } from './find-result.ts';
import type { JournalEntry, Ledger } from './ledger.ts';
import { describeEnvironment, type Environment, type ProcessAccount, type Provenance } from './provenance.ts';
import { WorkerLostError } from './worker-lost-error.ts';

export interface Cell<Spec> {
  /** Unique; see cellKey. */
  readonly key: string;
  /** For people. */
  readonly label: string;
  /** What canonical JSON can hold. */
  readonly spec: Spec;
}

/** `step` of `steps` are done. */
export interface Progress {
  readonly step: number;
  readonly steps: number;
  readonly message?: string;
  /** Figures to keep in the cell's journal. */
  readonly figures?: Readonly<Record<string, number>>;
}

export interface CellContext {
  /** Aborted when the cell is abandoned: its result will not be kept. It may keep what it goes on from later. */
  readonly signal: AbortSignal;
  /** The cell's folder of the ledger. */
  readonly directory: string;
  readonly onProgress: (progress: Progress) => void;
  /** Called by a run with what it knows of its process and of its code; kept in the provenance. */
  readonly onAccount?: (account: ProcessAccount) => void;
}

export type RunCell<Spec, Result> = (spec: Spec, context: CellContext) => Promise<Result>;

/** What became of a cell. */
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
} /** Its result was in the ledger. */ & (
  | { readonly kind: 'cell-skipped'; readonly result: Result }
  /** Another runner on this ledger computes it; it is looked at again until that one is done or dead. */
  | { readonly kind: 'cell-held'; readonly owner: Owner }
  | { readonly kind: 'cell-started' }
  | ({ readonly kind: 'progress' } & Progress)
  /** Its worker was lost; it is tried once more. */
  | { readonly kind: 'cell-retried'; readonly error: Error }
  | { readonly kind: 'cell-done'; readonly ms: number; readonly result: Result }
  | { readonly kind: 'cell-failed'; readonly error: Error; readonly ms: number }
  | { readonly kind: 'cell-interrupted' }
  /** The ledger has a result.json for this cell that cannot be believed; the cell is computed again. */
  | { readonly kind: 'result-disbelieved'; readonly file: string; readonly reason: string }
  /** The cell has a result that it would not give now; it is computed again. */
  | { readonly kind: 'result-outdated'; readonly reason: string }
);

export interface RunCellsOptions<Spec, Result> {
  readonly cells: readonly Cell<Spec>[];
  readonly ledger: Ledger<Result>;
  readonly run: RunCell<Spec, Result>;
  /** Says of each result in the ledger whether it may be reused; all that can be believed may, unless given. */
  readonly whyOutdated?: WhyOutdated<Spec>;
  /** Cells at a time. */
  readonly concurrency?: number;
  readonly onEvent?: (event: CellEvent<Spec, Result>) => void;
  readonly signal?: AbortSignal;
  /** Who else computes cells of this ledger. */
  readonly claims?: Claims;
  /** Between looks at a cell that another runner computes. */
  readonly pollMs?: number;
  /** What a cell in flight has to end by itself after an abort; then it is abandoned. None unless given. */
  readonly graceMs?: number;
  /** For provenance; found out when it is not given. */
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
  /** What others compute goes to its end, to be looked at when that may have changed. */
  const queue = cells.map((cell, index) => ({ cell, index, notBefore: 0 }));
  const takeTurns = async (): Promise<void> => {
    for (let turn = queue.shift(); turn !== undefined; turn = queue.shift()) {
      const { cell, index, notBefore } = turn;
      await pause(Math.max(0, notBefore - performance.now()), undefined, { signal: stop }).catch(() => {});
      const outcome = await settle(cell, { ...options, onEvent, environment, stop, claims });
      if (outcome.kind === 'held') {
        const { owner } = outcome;
        if (notBefore === 0 && owner !== null) onEvent({ kind: 'cell-held', cell, owner });
        queue.push({ cell, index, notBefore: performance.now() + pollMs });
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

/** Another runner has it; null where it has just taken it over. */
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
    // Its last owner may have finished between the look and the claim.
    const stored = await findResult(cell, ledger, whyOutdated);
    if (stored.state === 'present') return skip(stored.record.result);
    if (stored.state === 'disbelieved') {
      onEvent({ kind: 'result-disbelieved', cell, file: stored.file, reason: stored.reason });
    }
    if (stored.state === 'outdated') {
      onEvent({ kind: 'result-outdated', cell, reason: stored.reason });
    }
    const again = 'reason' in stored ? { again: stored.reason } : {};
    return await compute(cell, settings, claim.lost, again);
  } catch (thrown) {
    if (stop.aborted && !(thrown instanceof FileWriteError)) return interrupted(cell, onEvent);
    const error = asError(thrown);
    onEvent({ kind: 'cell-failed', cell, error, ms: 0 });
    return { kind: 'failed', cell, error };
  } finally {
    await claim?.release();
  }
}

/** Runs the cell and keeps its result, or its error; the journal says how it went. */
async function compute<Spec, Result>(
  cell: Cell<Spec>,
  { ledger, run, onEvent, environment, stop, graceMs = 0 }: Settings<Spec, Result>,
  lost: AbortSignal,
  /** Why, where there is a result. */
  again: { readonly again?: string },
): Promise<CellOutcome<Spec, Result> | Held> {
  const { key, label, spec } = cell;
  const signal = AbortSignal.any([stop, lost]);
  signal.throwIfAborted();
  const startedAt = new Date();
  let account: ProcessAccount = {};
  const provenanceNow = (): Provenance => ({
    ...environment,
    startedAt: startedAt.toISOString(),
    endedAt: new Date().toISOString(),
    durationMs: Date.now() - startedAt.getTime(),
    ...account,
  });
  let journaled = Promise.resolve();
  const journal = (entry: JournalEntry): void => {
    const time = new Date().toISOString();
    journaled = journaled.then(() => ledger.appendJournal(key, { time, ...entry }));
    // It is awaited at the end of the cell; until then its error is nobody's.
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
    const { result } = await ledger.write(key, spec, measured, provenance);
    onEvent({ kind: 'cell-done', cell, ms: provenance.durationMs, result });
    return { kind: 'done', cell, result, reused: false };
  } catch (thrown) {
    const error = asError(thrown);
    const unwritable = error instanceof FileWriteError;
    if (signal.aborted && !unwritable) {
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

/** The promise of `start`, or a rejection some time after the signal aborts, whichever comes first. */
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
