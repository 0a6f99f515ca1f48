import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseCellResult } from '@clce/results';
import { cellKey, openLedger } from '@clce/runner';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { RunError } from '../run/run-error.ts';
import { writeTable } from '../stored/table-files.ts';
import { printedBy } from '../testing/printed-by.ts';
import { ledgerOption } from './flags/options.ts';
import { addResultsCommands } from './results.ts';

const committed = fileURLToPath(new URL('../../../../results', import.meta.url));

const root = mkdtempSync(join(tmpdir(), 'clce-results-'));
const results = join(root, 'results');
const ledger = join(root, 'runs');
const key = (loss: string, seed: number) => `${loss}${seed}`.padEnd(64, '0');

/** In place of a word: the command is to look for its tables itself. */
const NO_FOLDER = '';

/** What the command prints. @throws what `main.ts` turns into one line */
async function clce(...words: string[]): Promise<string> {
  const folders = words[0] === 'trace' || words[0] === 'query' ? ['--ledger', ledger] : [];
  const where = words.includes('--results') || words.includes(NO_FOLDER) ? [] : ['--results', results];
  const given = words.filter((word) => word !== NO_FOLDER);
  return printedBy(addResultsCommands, ...given, ...where, ...folders);
}

/** A suite of two losses and three seeds, CLCE two points ahead. */
beforeAll(async () => {
  mkdirSync(results);
  const runs = ['ce', 'clce'].flatMap((loss, k) =>
    [70, 70.4, 70.1].map((value, seed) => ({ loss, seed, value: value + k * (2 + seed / 100) })),
  );
  const header =
    'dataset,image_size,backbone,weights,loss,batch_size,seed,protocol,way,shot,classifier,measure,value,cell';
  const lines = runs.map(
    ({ loss, seed, value }) =>
      `icons,32,conv4,random,${loss.toUpperCase()},64,${seed},few-shot,5,1,nearest-centroid,accuracy,${value},${key(loss, seed).slice(0, 12)}`,
  );
  writeFileSync(join(results, 'few-shot.seeds.csv'), `${[header, ...lines].join('\n')}\n`);
  const cells = runs.map(({ loss, seed }) => key(loss, seed));
  const short = (loss: string) => [0, 1, 2].map((seed) => key(loss, seed).slice(0, 12)).join(' ');
  writeFileSync(
    join(results, 'few-shot.csv'),
    `loss,value,difference,cells\nCE,70.17,,${short('ce')}\nCLCE,72.18,2.01,${short('clce')}\n`,
  );
  const provenance = {
    commit: 'c0ffee',
    dirty: true,
    cpu: 'a cpu',
    cores: 2,
    node: 'v20',
    platform: 'linux-x64',
  };
  writeFileSync(
    join(results, 'few-shot.provenance.json'),
    JSON.stringify({
      suite: 'few-shot',
      arguments: ['bench', 'benchmarks/few-shot.ts', '--set', "loss.lambda=it's"],
      cells: cells.map((full) => ({
        key: full,
        spec: { seed: 1 },
        provenance: { ...provenance, startedAt: '2026-01-01T00:00:00Z', durationMs: 61_000 },
      })),
    }),
  );
  // `trace` looks for the file alone; its key is not the one of a specification.
  mkdirSync(join(ledger, key('ce', 0)), { recursive: true });
  writeFileSync(join(ledger, key('ce', 0), 'result.json'), '{"result":{"scores":[]}}');
  const spec = { seed: 0 };
  const result = { scores: [], training: null, quality: null };
  const times = { startedAt: '2026-01-01T00:00:00Z', endedAt: '2026-01-01T00:01:01Z', durationMs: 61_000 };
  await openLedger({ directory: ledger, parseResult: parseCellResult }).write(cellKey(spec), spec, result, {
    ...provenance,
    ...times,
    instructionSets: null,
    packages: {},
  });
});
afterAll(() => rmSync(root, { recursive: true }));

describe('clce table', () => {
  it('prints text, Markdown and LaTeX, and marks what is significantly best', async () => {
    const markdown = await clce('table', 'few-shot', '--format', 'markdown');
    expect(markdown.split('\n').slice(0, 4)).toEqual([
      '| backbone | batch | loss | icons · 1-shot · nearest-centroid |',
      '| --- | --- | --- | ---: |',
      '| conv4 | 64 | CE | 70.17 ± 0.52 |',
      '| conv4 | 64 | CLCE | **72.18 ± 0.52** |',
    ]);
    const latex = await clce('table', 'few-shot', '--format', 'latex');
    expect(latex).toContain(String.raw`conv4 & 64 & CLCE & \boldmath{$72.18 \pm 0.52$} \\`);
    expect(latex).toContain(String.raw`icons $\cdot$ 1-shot`);
    expect(await clce('table')).toMatch(/CLCE +72\.18 ± 0\.52 \*/);
  });

  it('names the available tables, or the command that computes one', async () => {
    const unknown = clce('table', 'fewshot');
    await expect(unknown).rejects.toThrow(RunError);
    await expect(unknown).rejects.toThrow(/fewshot.*few-shot/);
    await expect(clce('table', 'fewshot', '--results', 'nowhere')).rejects.toThrow(
      /no results in nowhere; "\.\/clce bench fewshot"/,
    );
    await expect(clce('claims', '--results', 'nowhere')).rejects.toThrow(/no results in nowhere/);
  });
});

describe('without --results', () => {
  it('standard error says which folder each suite was read from', async () => {
    const said = vi.spyOn(console, 'error').mockImplementation(() => {});
    try {
      await clce('table', 'transfer-standard', '--results', committed);
      expect(said).not.toHaveBeenCalled();
      await clce('table', 'transfer-standard', NO_FOLDER);
      expect(said.mock.calls).toEqual([
        [expect.stringMatching(/^from (.*\/)?(results|tables): transfer-standard$/)],
      ]);
    } finally {
      said.mockRestore();
    }
  });
});

describe('clce claims', () => {
  it('gives a verdict for each tested claim, and "not tested" for the others', async () => {
    const stdout = await clce('claims');
    expect(stdout).toMatch(/^not tested +largest few-shot gain of CLCE over CE, BEiT-3 \(3\.52\)/m);
    expect(stdout).toMatch(
      /^better +CLCE − CE, icons .*: \+2\.01 \[\+1\.99, \+2\.03\], 3 seeds, p Holm < 0\.001$/m,
    );
    const claims = JSON.parse(await clce('claims', '--json')) as { verdict: string }[];
    expect(claims).toHaveLength(6);
    expect(await clce('claims', '--weights', 'ABCDEF012345', '--json')).toBe(await clce('claims', '--json'));
  });

  it('on the committed results', async () => {
    const stdout = await clce('claims', '--results', committed);
    expect(stdout.match(/^not tested/gm)).toHaveLength(6);
    expect(stdout).toMatch(/^batch-size-standard$/m);
    expect(stdout).toMatch(/^(better|worse|undecided) +CLCE − CE \+ SupCon, icons/m);
    for (const method of ['CLCE', 'CE + SupCon', 'SupCon', 'CE + HCL'])
      expect(stdout).toContain(`  ${method} − CE, icons`);
    expect(stdout).toContain('the 95 % intervals are unadjusted');
  });
});

describe('clce trace', () => {
  it('shows the row, its cells, and the command that computes it', async () => {
    const stdout = await clce('trace', 'few-shot', '1');
    expect(stdout).toMatch(/^value: 70\.17$/m);
    expect(stdout).not.toMatch(/^difference/m);
    expect(stdout).toContain(`cell ${key('ce', 2)}, seed 1`);
    expect(stdout).toMatch(/result: {2}\S+\/runs\/ce00+\/result\.json\n/);
    expect(stdout).toMatch(/ce10+\/result\.json \(not on this machine/);
    expect(stdout).toContain('c0ffee, with changes that were not committed');
    expect(stdout).toMatch(/ 61 s$/m);
    expect(stdout).toContain(
      String.raw`command: ./clce bench benchmarks/few-shot.ts --set 'loss.lambda=it'\''s'`,
    );
  });

  it('refuses a missing row', async () => {
    await expect(clce('trace', 'few-shot', '3')).rejects.toThrow(/few-shot\.csv has rows 1 to 2, not 3/);
  });

  it('finds every cell of a row of a committed table', async () => {
    const { cells } = JSON.parse(
      readFileSync(join(committed, 'batch-size-standard.provenance.json'), 'utf8'),
    ) as {
      cells: { key: string }[];
    };
    const stdout = await clce('trace', 'batch-size-standard', '3', '--results', committed);
    const traced = [...stdout.matchAll(/^cell (\w{64}), seed \d$/gm)].map(([, found]) => found);
    expect(traced).toHaveLength(3);
    for (const found of traced) expect(cells.map((cell) => cell.key)).toContain(found);
    expect(stdout).toMatch(
      /\n +benchmarks\/batch-size\.ts is not in this version; the command runs at commit [0-9a-f]{40}$/,
    );
  });
});

describe('a table that has changed since it was made', () => {
  const folder = join(root, 'changed');
  beforeAll(async () => {
    const behind = { suite: 'few-shot', arguments: ['bench', 'fewshot'], preset: {}, cells: [] };
    const files = Object.fromEntries(
      ['csv', 'seeds.csv'].map((ending) => [
        ending,
        readFileSync(join(results, `few-shot.${ending}`), 'utf8'),
      ]),
    );
    await writeTable(join(folder, 'few-shot.csv'), files, behind);
    writeFileSync(join(folder, 'other.csv'), 'a\n1\n');
  });

  it('is read as it was written', async () => {
    expect(await clce('table', 'few-shot', '--results', folder)).toContain('72.18');
    expect(await clce('trace', 'few-shot', '1', '--results', folder)).toContain(
      'command: ./clce bench fewshot',
    );
  });

  it('is said in one line by every reader, which goes on with other tables', async () => {
    const table = join(folder, 'few-shot.csv');
    writeFileSync(table, readFileSync(table, 'utf8').replace('70.17', '99.17'));
    const fault =
      /few-shot\.csv is missing, or has changed since the table was made; run the command in \S+ again, or remove \S+ to read/;
    for (const words of [
      ['table', 'few-shot'],
      ['trace', 'few-shot', '1'],
    ]) {
      await expect(clce(...words, '--results', folder)).rejects.toThrow(fault);
    }
    const said = vi.spyOn(console, 'error').mockImplementation(() => {});
    try {
      await clce('claims', '--results', folder);
      await clce('table', '--results', folder);
      expect(await clce('query', 'select a from other', '--results', folder)).toContain('1');
      expect(said.mock.calls).toEqual(Array(3).fill([expect.stringMatching(fault)]));
    } finally {
      said.mockRestore();
    }
    await expect(clce('query', 'select * from few_shot', '--results', folder)).rejects.toThrow(
      /; tables: other$/,
    );
  });
});

describe('clce query', () => {
  it('reads tables and cells, as text, CSV and JSON', async () => {
    const sql = 'select loss, round(avg(value), 2) as mean from few_shot_seeds group by loss order by loss';
    expect(await clce('query', sql, '--format', 'csv')).toBe('loss,mean\nCE,70.17\nCLCE,72.18');
    expect(JSON.parse(await clce('query', sql, '--format', 'json'))).toEqual([
      { loss: 'CE', mean: 70.17 },
      { loss: 'CLCE', mean: 72.18 },
    ]);
  });

  it('gives CSV and JSON byte for byte', async () => {
    const sql = `select chr(27) || chr(155) as a`;
    expect(await clce('query', sql, '--format', 'csv')).toBe('a\n\u001b\u009b');
    const json = await clce('query', sql, '--format', 'json');
    expect(json).toBe(JSON.stringify([{ a: '\u001b\u009b' }], null, 2));
  });

  it('reads the results that the ledger believes, and names the others', async () => {
    const said = vi.spyOn(console, 'error').mockReturnValue();
    try {
      const sql = "select key, spec->>'seed' as seed, seconds from cells";
      const row = `${cellKey({ seed: 0 })},0,61`;
      expect(await clce('query', sql, '--format', 'csv')).toBe(`key,seed,seconds\n${row}`);
      const line = /^\S+\/ce0+\/result\.json cannot be believed: .*; .* computes it again$/;
      expect(said.mock.calls).toEqual([[expect.stringMatching(line)]]);
    } finally {
      said.mockRestore();
    }
  });

  it('the example of docs/commands.md gives the means of the committed table', async () => {
    const query = async (sql: string) =>
      JSON.parse(await clce('query', sql, '--format', 'json', '--results', committed)) as Readonly<
        Record<string, string>
      >[];
    const page = readFileSync(join(committed, '../docs/commands.md'), 'utf8');
    const [, sql, view] = /\.\/clce query "(select [^"]* from (\w+)_seeds [^"]*)"/.exec(page) ?? [];
    const means = await query(sql!);
    const table = await query(`select * from ${view} where measure = 'accuracy'`);
    expect(means.length).toBeGreaterThan(0);
    for (const { shot, classifier, loss, accuracy } of means) {
      const row = table.find(
        (one) => one['shot'] === shot && one['classifier'] === classifier && one['loss'] === loss,
      );
      expect(Number(accuracy)).toBeCloseTo(Number(row?.['value']), 9);
    }
  });

  it('refuses a ledger that is none or not there, but needs none that was not named', async () => {
    const file = join(results, 'few-shot.csv');
    const where = ['--results', results, '--ledger'];
    for (const words of [
      ['query', 'select 1'],
      ['trace', 'few-shot', '1'],
    ]) {
      const on = (folder: string) => printedBy(addResultsCommands, ...words, ...where, folder);
      await expect(on(file)).rejects.toThrow(`${file} is no ledger: it is no folder`);
      await expect(on('nowhere')).rejects.toThrow('there is no ledger nowhere');
      expect(await on(String(ledgerOption().defaultValue))).toContain('1');
    }
  });

  it('answers a wrong query with the names of the tables', async () => {
    const wrong = clce('query', 'select * from fewshot');
    await expect(wrong).rejects.toThrow(RunError);
    await expect(wrong).rejects.toThrow(/fewshot.*; tables: .*few_shot[^\n]*$/);
  });
});
