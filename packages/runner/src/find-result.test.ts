/** Results that their cells would no longer give: computed again, said, and kept until there is a new one. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as nodeFiles from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Cell } from './cell.ts';
import { cellKey } from './cell.ts';
import type { WhyOutdated } from './find-result.ts';
import { type Ledger, openLedger } from './ledger.ts';
import { type CellEvent, type RunCell, runCells } from './local-executor.ts';
import { temporaryDirectory } from './testing/temporary-directory.ts';

const cells: Cell<string>[] = ['ce', 'clce'].map((loss) => ({
  key: cellKey(loss),
  label: `cell ${loss}`,
  spec: loss,
}));

const [ce, clce] = cells.map(({ key }) => key) as [string, string];

/** The code of a cell: what it gives, and the graph behind it. */
let code: Record<string, { readonly result: number; readonly graph: string }>;
let ledger: Ledger<number>;
let events: CellEvent<Cell<string>>[];

const run: RunCell<string, number> = async (spec, { onAccount }) => {
  onAccount?.({ sources: 'edited', graph: code[spec]!.graph });
  return code[spec]!.result;
};
const whyOutdated: WhyOutdated<Cell<string>> = async ({ key, spec }) => {
  const { graph } = await ledger.readCode(key);
  return graph === code[spec]!.graph ? null : 'the graph has changed';
};
const runAll = (options: { run?: RunCell<string, number>; signal?: AbortSignal } = {}) =>
  runCells({ cells, ledger, run, whyOutdated, onEvent: (event) => events.push(event), ...options });
const kinds = () => events.map(({ kind, cell }) => `${kind} ${cell.label}`);

beforeEach(async () => {
  ledger = openLedger({ directory: temporaryDirectory(), parseResult: Number });
  code = { ce: { result: 1, graph: 'a' }, clce: { result: 2, graph: 'b' } };
  events = [];
  await runAll();
  events = [];
});

describe('a result that its cell would no longer give', () => {
  it('is computed again, with an event and a journal entry; other results are reused', async () => {
    code['clce'] = { result: 3, graph: 'c' };
    const outcomes = await runAll();
    expect(outcomes).toMatchObject([
      { result: 1, reused: true },
      { result: 3, reused: false },
    ]);
    expect(kinds()).toEqual([
      'cell-skipped cell ce',
      'result-outdated cell clce',
      'cell-started cell clce',
      'cell-done cell clce',
    ]);
    expect(events[1]).toMatchObject({ reason: 'the graph has changed' });
    expect((await ledger.readJournal(clce)).at(-1)).toMatchObject({
      event: 'started',
      again: 'the graph has changed',
    });
    expect(await ledger.readProvenance(clce)).toMatchObject({ sources: 'edited', graph: 'c' });
    events = [];
    await runAll();
    expect(kinds()).toEqual(['cell-skipped cell ce', 'cell-skipped cell clce']);
  });

  it('stays until the new result replaces it, so a reverted edit costs nothing', async () => {
    const before = code['clce']!;
    code['clce'] = { result: 3, graph: 'c' };
    const controller = new AbortController();
    const stopped = await runAll({
      signal: controller.signal,
      run: async () => {
        controller.abort();
        return new Promise(() => {});
      },
    });
    expect(stopped.map(({ kind }) => kind)).toEqual(['done', 'interrupted']);
    code['clce'] = before;
    expect(await runAll()).toMatchObject([{ reused: true }, { result: 2, reused: true }]);
  });

  it('leaves the cell failed when the new attempt fails', async () => {
    code['clce'] = { result: 3, graph: 'c' };
    await runAll({ run: () => Promise.reject(new Error('the loss is NaN')) });
    expect(await ledger.readFailure(clce)).toMatchObject({ error: { message: 'the loss is NaN' } });
    await runAll();
    expect(await ledger.has(clce)).toBe(true);
    expect(await ledger.readFailure(clce)).toBeNull();
  });
});

describe('readCode', () => {
  const provenance = async () => (await ledger.readProvenance(ce))!;

  it('prefers later sources while they give the same graph', async () => {
    expect(await ledger.readCode(ce)).toEqual({ sources: 'edited', graph: 'a' });
    await ledger.writeSources(ce, { sources: 'later', graph: 'a' });
    expect(await ledger.readCode(ce)).toEqual({ sources: 'later', graph: 'a' });
    await ledger.writeSources(ce, { sources: 'later', graph: 'of another result' });
    expect(await ledger.readCode(ce)).toEqual({ sources: 'edited', graph: 'a' });
    await ledger.write(ce, 'ce', 1, await provenance());
    expect(existsSync(join(ledger.directory, ce, 'sources.json'))).toBe(false);
  });

  it('is empty when the provenance is absent or truncated', async () => {
    const file = join(ledger.directory, ce, 'provenance.json');
    const whole = readFileSync(file, 'utf8');
    writeFileSync(file, whole.slice(0, 20));
    expect(await ledger.readCode(ce)).toEqual({});
    rmSync(file);
    expect(await ledger.readCode(ce)).toEqual({});
    expect(await ledger.readCode(cellKey('never'))).toEqual({});
  });

  it('always belongs to the attempt that gave the result, wherever a write stops', async () => {
    const stopping = openLedger({
      directory: ledger.directory,
      parseResult: Number,
      files: { ...nodeFiles, rename: onceThenFail() },
    });
    const next = { ...(await provenance()), graph: 'next' };
    await expect(stopping.write(ce, 'ce', 7, next)).rejects.toThrow('cannot write');
    expect(await ledger.readCode(ce)).toMatchObject({ graph: 'next' });
    expect(await ledger.read(ce)).toEqual({ state: 'absent' });
  });
});

/** Renames once, for the provenance, and is refused when it comes to the result. */
function onceThenFail(): typeof nodeFiles.rename {
  let renamed = false;
  return async (from, to) => {
    if (renamed) throw Object.assign(new Error('EIO'), { code: 'EIO' });
    renamed = true;
    await nodeFiles.rename(from, to);
  };
}
