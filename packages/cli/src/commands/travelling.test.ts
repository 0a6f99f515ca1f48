/** Finished cells in another ledger, and tables that are checked: docs/travelling-results.md. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NUMERICS_VERSION } from '@clce/results';
import { cellKey, openLedger, packCells } from '@clce/runner';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { BehindCell } from '../stored/provenance-file.ts';
import { storedProvenance, writeTable } from '../stored/table-files.ts';
import { benchFewshot, clceProgram, small } from '../testing/bench-runs.ts';
import { printedBy } from '../testing/printed-by.ts';
import { addLedgerCommands } from './ledger.ts';
import { addResultsCommands } from './results.ts';

const root = mkdtempSync(join(tmpdir(), 'clce-travelling-'));
const at = (...names: string[]) => join(root, ...names);
const [data, runs, other] = ['data', 'runs', 'other'].map((name) => at(name)) as [string, string, string];
const table = at('table.csv');
afterAll(() => rmSync(root, { recursive: true }));

const bench = (ledger: string, out: string) =>
  benchFewshot('--data', data, '--ledger', ledger, '--out', out, ...small);
const ledgerHere = (...words: string[]) => printedBy(addLedgerCommands, 'ledger', ...words);

beforeAll(async () => {
  cpSync(process.env['CLCE_TEST_ICONS']!, data, { recursive: true });
  const { exitCode, stderr } = await bench(runs, table);
  expect(exitCode, stderr).toBe(0);
});

const keysIn = (folder: string) => readdirSync(folder).filter((name) => /^[0-9a-f]{64}$/.test(name));

describe('clce ledger pack and add', () => {
  it('bring cells to another ledger, where bench computes none and makes the same table', async () => {
    const file = at('cells.pack');
    expect(await ledgerHere('pack', file, '--ledger', runs)).toMatch(
      /cells\.pack: 3 cells, \d+ bytes \(\d+ a cell\), content [0-9a-f]{64}$/,
    );
    expect(await ledgerHere('add', file, '--ledger', other)).toBe(`${other}: 3 added, 0 already there`);
    expect(await ledgerHere('add', file, '--ledger', other)).toBe(`${other}: 0 added, 3 already there`);
    const { exitCode, stderr } = await bench(other, at('again.csv'));
    expect(exitCode, stderr).toBe(0);
    expect(stderr.match(/done before/g)).toHaveLength(3);
    for (const ending of ['csv', 'seeds.csv', 'similarities.csv', 'embedding-map.csv', 'differences.svg']) {
      expect(readFileSync(at(`again.${ending}`), 'utf8')).toBe(readFileSync(at(`table.${ending}`), 'utf8'));
    }
    for (const key of keysIn(runs)) {
      const result = readFileSync(join(other, key, 'result.json'), 'utf8');
      expect(result).toBe(readFileSync(join(runs, key, 'result.json'), 'utf8'));
    }
  });

  it('pack the cells of a table, and those of which the first digits are given', async () => {
    const [first] = keysIn(runs) as [string];
    expect(await ledgerHere('pack', at('one.pack'), first.slice(0, 8), '--ledger', runs)).toContain(
      ': 1 cell,',
    );
    expect(await ledgerHere('pack', at('t.pack'), '--table', table, '--ledger', runs)).toContain(
      ': 3 cells,',
    );
    await expect(ledgerHere('pack', at('x.pack'), 'xyz', '--ledger', runs)).rejects.toThrow(
      'has no cell xyz',
    );
    await expect(
      ledgerHere('pack', at('x.pack'), '--table', at('table.seeds.csv'), '--ledger', runs),
    ).rejects.toThrow(/table\.seeds\.csv is no table; expected NAME\.csv/);
  });

  it('never write a pack anew: what is new becomes a file of its own', async () => {
    const [first] = keysIn(runs) as [string];
    const folder = at('packs/');
    const one = at('first.pack');
    await ledgerHere('pack', one, first, '--ledger', runs);
    await expect(ledgerHere('pack', one, '--ledger', runs)).rejects.toThrow(
      /first\.pack is there already and holds other cells; name another file, and --since .*first\.pack packs what/,
    );
    writeFileSync(at('notes.pack'), 'my notes');
    await expect(ledgerHere('pack', at('notes.pack'), '--ledger', runs)).rejects.toThrow(
      'is no pack of cells',
    );
    expect(readFileSync(at('notes.pack'), 'utf8')).toBe('my notes');
    expect(await ledgerHere('pack', at('rest.pack'), '--since', one, '--ledger', runs)).toContain(
      ': 2 cells,',
    );
    await ledgerHere('pack', folder, first, '--ledger', runs);
    const before = readdirSync(folder);
    expect(before).toEqual([expect.stringMatching(/^[0-9a-f]{16}\.pack$/)]);
    expect(await ledgerHere('pack', folder, '--ledger', runs)).toContain(': 2 cells,');
    expect(readdirSync(folder)).toHaveLength(2);
    expect(await ledgerHere('pack', folder, '--ledger', runs)).toBe(
      'nothing new: 2 earlier packs have every finished cell',
    );
    expect(await ledgerHere('add', folder, '--ledger', at('from-folder'))).toContain(': 3 added,');
  });

  it('refuse counts out of bounds, though every digest is right', async () => {
    const [key] = keysIn(runs) as [string];
    const lenient = openLedger({ directory: at('lenient'), parseResult: (stored) => stored });
    const honest = await openLedger({ directory: runs, parseResult: (stored) => stored }).read(key);
    if (honest.state !== 'present') throw new Error('expected a result');
    const { spec, result } = honest.record;
    const { scores } = structuredClone(result) as { scores: { correct: number[] }[] };
    scores[0]!.correct[0] = 16;
    await lenient.write(key, spec, { ...(result as object), scores }, honest.provenance!);
    const { parts } = await packCells({
      ledger: lenient,
      numericsVersion: NUMERICS_VERSION,
      onLeftOut: () => {},
    });
    writeFileSync(at('lie.pack'), Buffer.concat(parts));
    await expect(ledgerHere('add', at('lie.pack'), '--ledger', at('never'))).rejects.toThrow(
      new RegExp(
        `lie\\.pack, cell ${key}: it cannot be believed: result\\.scores\\.0\\.correct\\.0: 16 of 15`,
      ),
    );
    expect(readdirSync(root)).not.toContain('never');
  });
});

/** What `verify` prints in this process, where it computes nothing, and its exit code. */
async function verifyHere(...words: string[]) {
  const stderr: string[] = [];
  const error = vi.spyOn(console, 'error').mockImplementation((text: string) => void stderr.push(text));
  const code = process.exitCode;
  try {
    const printed = await printedBy(addResultsCommands, 'verify', ...words);
    return { printed, stderr: stderr.join('\n'), exitCode: process.exitCode };
  } finally {
    error.mockRestore();
    process.exitCode = code;
  }
}

/** A table like that of the run, with other cells behind it, or other files, and right digests. */
async function retold(
  name: string,
  change: (cell: BehindCell, place: number) => BehindCell,
  changeFile: (text: string, ending: 'csv' | 'seeds.csv') => string = (text) => text,
): Promise<string> {
  const { cells } = (await storedProvenance(at('table.provenance.json')))!;
  const behind = { suite: 'fewshot', arguments: [], preset: {}, cells: cells.map(change) };
  const files = {
    csv: changeFile(readFileSync(table, 'utf8'), 'csv'),
    'seeds.csv': changeFile(readFileSync(at('table.seeds.csv'), 'utf8'), 'seeds.csv'),
  };
  await writeTable(at(`${name}.csv`), files, behind);
  return at(`${name}.csv`);
}

/** The cell with other entries in its specification, and the key of this specification. */
function withSpec(cell: BehindCell, entries: object): BehindCell {
  const spec = { ...cell.spec, ...entries };
  return { ...cell, spec, key: cellKey(spec) };
}

const loss = { name: 'ce', parameters: {} };

/** The cell of the first row of the measurements, and a change of this row's figure in either file. */
function accuracyOfFirst() {
  const [, row] = readFileSync(at('table.seeds.csv'), 'utf8').split('\n');
  const [, value, lied] = /,accuracy,([\d.]+),(\w+)$/.exec(row!) as unknown as [string, string, string];
  return { lied, lie: (text: string) => text.replace(`,accuracy,${value},`, ',accuracy,99.5,') };
}

describe('clce verify', () => {
  it('computes cells again without the ledger, and tells which differ', async () => {
    const { lied, lie } = accuracyOfFirst();
    const lies = await retold(
      'lied',
      (cell) =>
        cell.key.startsWith(lied) || !('seed' in cell.spec)
          ? cell
          : { ...cell, provenance: { ...cell.provenance, result: 'a'.repeat(64) } },
      lie,
    );
    mkdirSync(at('temporary'));
    vi.stubEnv('TMPDIR', at('temporary'));
    const { exitCode, stdout, stderr } = await clceProgram(
      'verify',
      lies,
      '--sample',
      '100%',
      '--data',
      data,
    );
    expect(stdout).toMatch(/^3 of 3 cells of .*lied\.csv, seed \d+\n/);
    expect(stdout).toMatch(/ {2}icons · conv4 · CE · batch \d+ · seed \d+ {2}/);
    expect(stdout).toMatch(/raw pixels {2}same: 2 figures and every byte of its result\n/);
    expect(stdout).toMatch(
      new RegExp(
        `^${lied} .*differs: 1-shot logistic-regression accuracy is 99\\.5 in the table and [\\d.]+ here$`,
        'm',
      ),
    );
    expect(stdout).toMatch(
      /differs: its result has the digest a{64} in the table and [0-9a-f]{64} here; 10 figures are/,
    );
    expect(stdout.trim().split('\n').at(-1)).toMatch(/1 same/);
    expect(exitCode, stderr).toBe(1);
    expect(readdirSync(at('temporary')).filter((name) => name.startsWith('clce-'))).toEqual([]);
    vi.unstubAllEnvs();
  });

  it('chooses the same cells by the same seed, at least one', async () => {
    const arm = await retold('arm', (cell) => ({
      ...cell,
      provenance: { ...cell.provenance, platform: 'linux-arm64', instructionSets: ['asimd'] },
    }));
    const chosen = async (seed: number, sample = '1%') => {
      const { printed } = await verifyHere(arm, '--sample', sample, '--seed', String(seed));
      return printed
        .split('\n')
        .slice(1, -1)
        .map((line) => line.slice(0, 12));
    };
    expect(await chosen(1)).toHaveLength(1);
    expect(await chosen(1)).toEqual(await chosen(1));
    expect(await chosen(1, '9')).toHaveLength(3);
    const bySeed = new Set<string>();
    for (let seed = 0; seed < 8; seed++) bySeed.add((await chosen(seed)).join());
    expect(bySeed.size).toBeGreaterThan(1);
  });

  it.each<[string, (cell: BehindCell) => BehindCell, RegExp]>([
    [
      'of another processor',
      (cell) => ({ ...cell, provenance: { ...cell.provenance, instructionSets: ['avx'] } }),
      /not comparable: it was computed on linux-x64 with the instruction sets avx; only x86-64 with AVX2 and FMA/,
    ],
    [
      'of an unknown processor',
      (cell) => ({ ...cell, provenance: null }),
      /not comparable: the table does not say on which processor it was computed/,
    ],
    [
      'of earlier numerics',
      (cell) => withSpec(cell, { numericsVersion: NUMERICS_VERSION - 1 }),
      /not comparable: it has numerics \d+, and this version has \d+; the code of commit \w+ computes it/,
    ],
    [
      'of an engine without a promise',
      (cell) => withSpec(cell, { engine: 'onnx-cuda' }),
      /not comparable: the engine onnx-cuda gives the same bits on one machine alone/,
    ],
    [
      'whose specification is not the one of its key',
      (cell) => ({ ...cell, spec: { ...cell.spec, seed: 99 } }),
      /not comparable: its specification is not the one of its key/,
    ],
    [
      'without a figure in the table',
      (cell) => {
        const { result: _, ...provenance } = cell.provenance!;
        return { ...withSpec(cell, { seed: 99 }), provenance };
      },
      /not comparable: the table holds no figure of it/,
    ],
    [
      'of a data set that is not here',
      (cell) => withSpec(cell, { dataset: { name: 'cub-200-2011', manifestHash: 'a', imageSize: 32 } }),
      /not computed: .*cub-200-2011.*clce data fetch/,
    ],
    [
      'of other pictures',
      (cell) => withSpec(cell, { dataset: { name: 'icons', manifestHash: 'a', imageSize: 32 } }),
      /not computed: data set icons of .* holds other pictures than the table’s; --data names another/,
    ],
    [
      'that start from a file of the user’s',
      (cell) => withSpec(cell, { kind: 'training', backbone: 'conv4', weights: 'b'.repeat(64), loss }),
      /not computed: it starts from a file with SHA-256 b{64}; --input names the file/,
    ],
    [
      'of a loss of the user’s',
      (cell) =>
        withSpec(cell, { kind: 'training', backbone: 'conv4', loss: { name: 'mine', parameters: {} } }),
      /not computed: .*mine.*; --loss-file adds a loss of your own/,
    ],
  ])('compares no cells %s, and ends in an error', async (what, change, reason) => {
    const changed = await retold(what.replaceAll(/\W/g, '-'), change);
    const { printed, stderr, exitCode } = await verifyHere(changed, '--sample', '100%', '--data', data);
    const lines = printed.split('\n').slice(1, -1);
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(line).toMatch(reason);
    expect(stderr).toBe('nothing could be compared');
    expect(exitCode).toBe(1);
  });

  it('refuses a table that has changed, has no provenance, no cells or is none, and a sample of nothing', async () => {
    const changed = await retold('changed', (cell) => cell);
    writeFileSync(at('changed.seeds.csv'), readFileSync(at('changed.seeds.csv'), 'utf8').replace('CE', 'ME'));
    await expect(verifyHere(changed)).rejects.toThrow(/changed\.seeds\.csv is missing, or has changed since/);
    writeFileSync(at('alone.csv'), readFileSync(table));
    await expect(verifyHere(at('alone.csv'))).rejects.toThrow(
      /alone\.provenance\.json is not there; it lists/,
    );
    await expect(verifyHere(at('table.seeds.csv'))).rejects.toThrow(/is no table; expected NAME\.csv/);
    const files = { csv: readFileSync(table, 'utf8') };
    await writeTable(at('hollow.csv'), files, { suite: 'x', arguments: [], preset: {}, cells: [] });
    await expect(verifyHere(at('hollow.csv'))).rejects.toThrow(/hollow\.csv has no cells behind it$/);
    for (const sample of ['0', '0%', '101%', '-1', 'x', '1.5']) {
      await expect(verifyHere(table, '--sample', sample)).rejects.toThrow(/Expected a share such as 5%/);
    }
  });

  it('refuses a table whose rows are not the means of its measurements', async () => {
    const { lie } = accuracyOfFirst();
    const honest = (cell: BehindCell) => cell;
    for (const lied of ['csv', 'seeds.csv']) {
      const name = `mean-${lied.length}`;
      const told = await retold(name, honest, (text, ending) => (ending === lied ? lie(text) : text));
      await expect(verifyHere(told)).rejects.toThrow(
        /row \d+: its 1-shot logistic-regression accuracy is [\d.]+, which is not the mean of its cells in .*seeds\.csv/,
      );
    }
  });

  it('takes no single figure of a baseline from a row over several folds', async () => {
    const overFolds = (text: string) => text.replace(/^(.*,raw pixels,.*,)(\w{12})$/gm, '$1$2 aaaaaaaaaaaa');
    const without = ({ provenance, ...cell }: BehindCell): BehindCell => {
      const { result: _, ...rest } = provenance!;
      return { ...cell, provenance: 'seed' in cell.spec ? { ...rest, platform: 'linux-arm64' } : rest };
    };
    const { printed } = await verifyHere(await retold('folds', without, overFolds), '--sample', '100%');
    expect(printed.match(/not comparable: the table holds no figure of it/g)).toHaveLength(1);
    expect(printed.match(/not comparable: it was computed on linux-arm64/g)).toHaveLength(2);
  });
});
