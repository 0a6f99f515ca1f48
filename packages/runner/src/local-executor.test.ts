import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as nodeFiles from 'node:fs/promises';
import { join } from 'node:path';
import { reviveError } from '@clce/registry';
import { describe, expect, it } from 'vitest';
import type { Cell } from './cell.ts';
import { cellKey } from './cell.ts';
import type { Leases } from './leases/leases.ts';
import { openLedger } from './ledger.ts';
import { type CellEvent, type RunCell, runCells } from './local-executor.ts';
import { temporaryDirectory } from './testing/temporary-directory.ts';

interface Spec {
  readonly seed: number;
}

const cells: Cell<Spec>[] = [0, 1, 2].map((seed) => ({
  key: cellKey({ seed }),
  label: `seed ${seed}`,
  spec: { seed },
}));

function parseNumber(stored: unknown): number {
  if (typeof stored !== 'number') throw new TypeError('no number');
  return stored;
}

/** A ledger in a fresh directory, a run that doubles the seed, and what both saw. */
function setUp() {
  const directory = temporaryDirectory();
  const ledger = openLedger({ directory, parseResult: parseNumber });
  const ran: number[] = [];
  const events: CellEvent<Cell<Spec>>[] = [];
  const run: RunCell<Spec, number> = async ({ seed }, { onProgress }) => {
    ran.push(seed);
    onProgress({ step: 1, steps: 2, message: 'halfway' });
    return 2 * seed;
  };
  const onEvent = (event: CellEvent<Cell<Spec>>): void => void events.push(event);
  const kinds = (): string[] => events.map(({ kind, cell }) => `${kind} ${cell.label}`);
  return { directory, ledger, ran, run, events, onEvent, kinds };
}

/** Every file of a ledger that a second run must not change. */
const resultFiles = (directory: string): string[] =>
  cells.map(({ key }) => readFileSync(join(directory, key, 'result.json'), 'utf8'));

describe('runCells', () => {
  it('runs every cell once, in order, and says what it does', async () => {
    const { ledger, ran, run, events, onEvent, kinds } = setUp();
    const outcomes = await runCells({ cells, ledger, run, onEvent });
    for (const [i, cell] of cells.entries()) {
      const provenance = await ledger.readProvenance(cell.key);
      const { digest } = ledger.recordOf(cell.key, cell.spec, 2 * i);
      expect(outcomes[i]).toEqual({ kind: 'done', cell, result: 2 * i, digest, provenance, reused: false });
    }
    expect(outcomes).toHaveLength(cells.length);
    expect(ran).toEqual([0, 1, 2]);
    expect(kinds().slice(0, 3)).toEqual(['cell-started seed 0', 'progress seed 0', 'cell-done seed 0']);
    expect(events[1]).toEqual({ kind: 'progress', cell: cells[0], step: 1, steps: 2, message: 'halfway' });
  });

  it('skips finished cells, and computes only a deleted cell again, to the same bytes', async () => {
    const { directory, ledger, ran, run, onEvent, kinds } = setUp();
    await runCells({ cells, ledger, run });
    const before = resultFiles(directory);
    rmSync(join(directory, cells[1]!.key), { recursive: true });
    ran.length = 0;
    const outcomes = await runCells({ cells, ledger, run, onEvent });
    expect(ran).toEqual([1]);
    expect(outcomes.map((outcome) => outcome.kind === 'done' && outcome.reused)).toEqual([true, false, true]);
    expect(kinds()).toContain('cell-skipped seed 0');
    expect(resultFiles(directory)).toEqual(before);
  });

  it('reports an invalid result, then computes its cell again', async () => {
    const { directory, ledger, ran, run, events, onEvent } = setUp();
    await runCells({ cells, ledger, run });
    const file = join(directory, cells[2]!.key, 'result.json');
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, 30));
    ran.length = 0;
    await runCells({ cells, ledger, run, onEvent });
    expect(ran).toEqual([2]);
    expect(events).toContainEqual(expect.objectContaining({ kind: 'result-disbelieved', file }));
    expect(await ledger.has(cells[2]!.key)).toBe(true);
  });

  it('continues after a failed cell, and stores no result for it', async () => {
    const { ledger, run, onEvent, kinds } = setUp();
    const failing: RunCell<Spec, number> = (spec, context) =>
      spec.seed === 1 ? Promise.reject(new RangeError('loss is NaN at step 7')) : run(spec, context);
    const outcomes = await runCells({ cells, ledger, run: failing, onEvent });
    expect(outcomes.map(({ kind }) => kind)).toEqual(['done', 'failed', 'done']);
    expect(outcomes[1]).toMatchObject({ error: { message: 'loss is NaN at step 7' } });
    expect(kinds()).toContain('cell-failed seed 1');
    expect(await ledger.has(cells[1]!.key)).toBe(false);
    const failure = await ledger.readFailure(cells[1]!.key);
    expect(failure).toMatchObject({
      label: 'seed 1',
      error: { name: 'RangeError', message: 'loss is NaN at step 7' },
    });
    expect(reviveError(failure!.error)).toBeInstanceOf(RangeError);
    expect(failure!.provenance.startedAt).toMatch(/^\d{4}-/);
    await runCells({ cells, ledger, run });
    expect(await ledger.readFailure(cells[1]!.key)).toBeNull();
  });

  it('keeps a journal of every attempt; a crash loses at most its last line', async () => {
    const { directory, ledger } = setUp();
    const run: RunCell<Spec, number> = async (_, { onProgress }) => {
      onProgress({ step: 1, steps: 4 });
      onProgress({ step: 2, steps: 4, figures: { loss: 0.5 } });
      throw new Error('no');
    };
    const [{ key }] = cells as [Cell<Spec>];
    await runCells({ cells: cells.slice(0, 1), ledger, run });
    const file = join(directory, key, 'journal.jsonl');
    const time = expect.stringMatching(/^\d{4}-/);
    const entries = [
      { time, event: 'started', label: 'seed 0', commit: expect.any(String) },
      { time, step: 2, loss: 0.5 },
    ];
    expect(await ledger.readJournal(key)).toEqual(entries);
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, -5));
    expect(await ledger.readJournal(key)).toEqual(entries.slice(0, 1));
    await runCells({ cells: cells.slice(0, 1), ledger, run });
    expect(await ledger.readJournal(key)).toEqual([entries[0], ...entries]);
  });

  it('fails a cell whose result JSON cannot represent, and names the entry', async () => {
    const { ledger } = setUp();
    const [outcome] = await runCells({ cells: cells.slice(0, 1), ledger, run: async () => Number.NaN });
    expect(outcome).toMatchObject({
      kind: 'failed',
      error: { message: expect.stringContaining('$.result is NaN') },
    });
  });

  it('abandons the running cell on abort, and resumes where it stopped', async () => {
    const { directory, ledger, ran, run, onEvent, kinds } = setUp();
    const controller = new AbortController();
    let sawAbort = false;
    const hanging: RunCell<Spec, number> = (spec, context) => {
      if (spec.seed !== 1) return run(spec, context);
      context.signal.addEventListener('abort', () => {
        sawAbort = true;
      });
      setImmediate(() => controller.abort());
      return new Promise(() => {});
    };
    const outcomes = await runCells({ cells, ledger, run: hanging, onEvent, signal: controller.signal });
    expect(outcomes.map(({ kind }) => kind)).toEqual(['done', 'interrupted', 'interrupted']);
    expect(sawAbort).toBe(true);
    expect(kinds().slice(-2)).toEqual(['cell-interrupted seed 1', 'cell-interrupted seed 2']);
    expect(readdirSync(directory)).toEqual(['.leases', ...cells.slice(0, 2).map(({ key }) => key)]);
    expect(readdirSync(join(directory, cells[1]!.key))).toEqual(['journal.jsonl']);
    expect(readdirSync(join(directory, '.leases'))).toEqual([]);

    ran.length = 0;
    const resumed = await runCells({ cells, ledger, run });
    expect(ran).toEqual([1, 2]);
    expect(resumed.map(({ kind }) => kind)).toEqual(['done', 'done', 'done']);
  });

  it('stops on a full disk, because further results could not be stored', async () => {
    const { ran, run } = setUp();
    const rename = () => Promise.reject(Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' }));
    const full = openLedger({
      directory: temporaryDirectory(),
      parseResult: parseNumber,
      files: { ...nodeFiles, rename },
    });
    const outcomes = await runCells({ cells, ledger: full, run });
    expect(outcomes.map(({ kind }) => kind)).toEqual(['failed', 'interrupted', 'interrupted']);
    expect(outcomes[0]).toMatchObject({ error: { message: expect.stringContaining('the disk is full') } });
    expect(ran).toEqual([0]);
  });

  it('runs `concurrency` cells at a time', async () => {
    const { ledger } = setUp();
    let atOnce = 0;
    let most = 0;
    let release = (): void => {};
    const bothAtWork = new Promise<void>((resolve) => {
      release = resolve;
    });
    const run = async (): Promise<number> => {
      most = Math.max(most, ++atOnce);
      if (atOnce === 2) release();
      await bothAtWork;
      atOnce--;
      return 1;
    };
    await runCells({ cells, ledger, run, concurrency: 2 });
    expect(most).toBe(2);
  });

  it('shares the cells with another run on the same ledger: no cell is computed twice, and both runs get all results', async () => {
    const { ledger, ran, events, onEvent } = setUp();
    let release = (): void => {};
    const oneIsHeld = new Promise<void>((resolve) => {
      release = resolve;
    });
    // Both begin with the same cell, so one of them meets the other's lease.
    const run: RunCell<Spec, number> = async ({ seed }) => {
      ran.push(seed);
      await oneIsHeld;
      return 2 * seed;
    };
    const observe = (event: CellEvent<Cell<Spec>>): void => {
      onEvent(event);
      if (event.kind === 'cell-held') release();
    };
    const many = Array.from({ length: 12 }, (_, seed) => ({
      key: cellKey({ seed }),
      label: `${seed}`,
      spec: { seed },
    }));
    const options = { cells: many, ledger, run, onEvent: observe, pollMs: 5 };
    const both = await Promise.all([runCells(options), runCells({ ...options, concurrency: 2 })]);
    expect(ran.toSorted((a, b) => a - b)).toEqual(many.map(({ spec }) => spec.seed));
    for (const outcomes of both) {
      expect(outcomes.map((outcome) => outcome.kind === 'done' && outcome.result)).toEqual(
        many.map(({ spec }) => 2 * spec.seed),
      );
    }
    const held = events.filter(({ kind }) => kind === 'cell-held');
    expect(held[0]).toMatchObject({ owner: { pid: process.pid } });
  });

  it('stops a cell that another runner has taken over, and uses that runner’s result', async () => {
    const { ledger, run, onEvent, kinds } = setUp();
    const [cell] = cells as [Cell<Spec>];
    const lost = new AbortController();
    const owner = { runner: 'r', host: 'node7', machine: 'm', pid: 1, started: null, beat: 0 };
    let looks = 0;
    const leases: Leases = {
      acquire: async () =>
        looks++ === 0
          ? {
              state: 'leased',
              lease: { lost: lost.signal, holds: async () => !lost.signal.aborted, release: async () => {} },
            }
          : { state: 'held', owner },
    };
    const takenOver: RunCell<Spec, number> = async () => {
      await runCells({ cells: [cell], ledger, run });
      lost.abort(new Error('taken over'));
      return new Promise(() => {});
    };
    const outcomes = await runCells({ cells: [cell], ledger, run: takenOver, leases, onEvent, pollMs: 5 });
    expect(outcomes).toMatchObject([{ kind: 'done', cell, result: 0, reused: true }]);
    expect(kinds()).toEqual(['cell-started seed 0', 'cell-skipped seed 0']);
  });

  it('refuses two cells with the same key, and a concurrency of 0', async () => {
    const { ledger, run } = setUp();
    const twice = [cells[0]!, { ...cells[0]!, label: 'again' }];
    await expect(runCells({ cells: twice, ledger, run })).rejects.toThrow(
      'cells "seed 0" and "again" have the same key',
    );
    await expect(runCells({ cells, ledger, run, concurrency: 0 })).rejects.toThrow('concurrency');
  });
});
