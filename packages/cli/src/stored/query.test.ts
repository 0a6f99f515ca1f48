import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SeedRow, seedCsv } from '@clce/results';
import { csvOf } from '@clce/text';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RunError } from '../run/run-error.ts';
import { openResults } from './open-results.ts';
import { printQuery } from './query.ts';

let root: string;
let ledger: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'clce-query-'));
  ledger = join(root, 'runs');
});
afterEach(() => rmSync(root, { recursive: true }));

const put = (name: string, content: string): string => {
  const path = join(root, name);
  writeFileSync(path, content);
  return path;
};

/** The answer as objects, and the notes. */
async function ask(sql: string, tables: readonly string[], allowFiles = false) {
  const { connection, notes } = await openResults({ tables, ledger, sql, allowFiles });
  try {
    return {
      rows: JSON.parse(await printQuery(connection, sql, 'json')) as Record<string, unknown>[],
      notes,
    };
  } finally {
    connection.closeSync();
  }
}

const row: SeedRow = {
  dataset: 'icons',
  image_size: 32,
  split: 'official' as const,
  folds: null,
  fold: null,
  backbone: 'conv4',
  weights: 'random',
  loss: 'CE',
  loss_name: 'ce',
  ...{ optimizer: 'adamw', learning_rate: 0.01, epochs: 1.5, steps: 4, images: 256 },
  batch_size: 64,
  contrastive_group: null,
  seed: 0,
  protocol: 'transfer',
  evaluated_on: 'test',
  way: null,
  shot: null,
  classifier: 'k-nn',
  measure: 'accuracy',
  value: 50,
  cell: '1e5000000000',
};

describe('SQL', () => {
  it.each([
    `select content from read_text('SECRET')`,
    `select * from read_csv('SECRET')`,
    `select * from read_json('SECRET')`,
    `select * from read_blob('SECRET')`,
    `select * from sniff_csv('SECRET')`,
    `select * from 'SECRET.csv'`,
    `select * from glob('ROOT/*')`,
    `copy (select 42) to 'ROOT/out.csv'`,
    `copy x from 'SECRET'`,
    `create table t as select 1; copy (select 42) to 'ROOT/out.csv'`,
    `attach 'ROOT/x.db' as x; create table x.t as select 1`,
    `export database 'ROOT/exported'`,
    `import database 'ROOT'`,
    'install httpfs',
    'load httpfs',
    'set enable_external_access = true',
    'reset enable_external_access',
    'set lock_configuration = false',
    `set temp_directory = 'ROOT/spill'`,
    `set extension_directory = 'ROOT/extensions'`,
    `pragma profiling_output = 'ROOT/profile'`,
    `set secret_directory = 'ROOT/secrets'`,
  ])('%s is refused and leaves nothing', async (sql) => {
    const secret = put('secret', 'secret\nsecret\n');
    put('secret.csv', 'a\n1\n');
    const table = put('x.csv', 'a,b\n1,2\n');
    const before = readdirSync(root);
    const asked = ask(sql.replaceAll('SECRET', secret).replaceAll('ROOT', root), [table]);
    await expect(asked).rejects.toThrow(/^a query reads the results and nothing else; --allow-files [^\n]*$/);
    expect(readdirSync(root)).toEqual(before);
  });

  it.each([
    ['select 1 as a; select 2 as b', /^statement 1 of 2 has an answer of its own; [^\n]*make two queries/],
    ['set variable x = 1; select 1; select 2', /^statement 2 of 3 has an answer of its own/],
    ['', /^the query holds no statement$/],
    [' ; -- nothing', /^the query holds no statement$/],
    ['selec 1', /^Parser Error: syntax error at or near "selec"; tables: x$/],
    ['select * from y', /^Catalog Error: Table with name y does not exist! [^\n]*; tables: x$/],
    [`select error('a\nb')`, /^Invalid Input Error: a b; tables: x$/],
    // The error ends the transaction, so that DuckDB answers nothing any more.
    [`begin; create table t(a int); insert into t values ('x')`, /^Conversion Error: [^\n]*; tables: x$/],
    [`call enable_logging(storage='file', storage_path='ROOT/log'); select 1`, /^[^\n]*$/],
  ])('%s ends in one line', async (sql, message) => {
    const table = put('x.csv', 'a\n1\n');
    const asked = ask(sql.replaceAll('ROOT', root), [table]);
    await expect(asked).rejects.toThrow(RunError);
    await expect(asked).rejects.toThrow(message);
    expect(readdirSync(root)).toEqual(['x.csv']);
  });

  it('reads and writes files where the user says so', async () => {
    const secret = put('secret', 'words');
    const sql = `select content from read_text('${secret}')`;
    expect((await ask(sql, [], true)).rows).toEqual([{ content: 'words' }]);
    await ask(`copy (select 42 as v) to '${join(root, 'out.csv')}'`, [], true);
    expect(existsSync(join(root, 'out.csv'))).toBe(true);
  });

  it('changes tables of its own database alone', async () => {
    const table = put('x.csv', 'a,b\n1,2\n');
    expect((await ask('create table y as select * from x; select a from y', [table])).rows).toEqual([
      { a: '1' },
    ]);
    expect(readdirSync(root)).toEqual(['x.csv']);
  });
});

describe('the name of a file', () => {
  it('is a name, whatever characters it has', async () => {
    const characters = [
      `"`,
      `'`,
      ';',
      '*',
      '?',
      '[',
      ']',
      ' ',
      '.',
      '-',
      '_',
      '\\',
      '(',
      'a',
      'B',
      '%',
      '$',
      '\n',
      'é',
    ];
    const names = fc.uniqueArray(
      fc.string({ unit: fc.constantFrom(...characters), minLength: 1, maxLength: 12 }),
      { minLength: 1, maxLength: 5 },
    );
    await fc.assert(
      fc.asyncProperty(names, async (stems) => {
        const folder = mkdtempSync(join(root, 'a[b]*?'));
        const paths = stems.map((stem, at) => {
          const path = join(folder, `${stem}.csv`);
          writeFileSync(path, `n\n${at}\n`);
          return path;
        });
        const sql = 'select table_name from duckdb_tables() order by table_name';
        const { connection, notes } = await openResults({ tables: paths, ledger, sql, allowFiles: false });
        const read = (await connection.runAndReadAll(sql)).getRowsJson().flat() as string[];
        expect(read).toHaveLength(paths.length);
        const values = [];
        for (const name of read) {
          const quoted = `"${name.replaceAll('"', '""')}"`;
          values.push(...(await connection.runAndReadAll(`select n from ${quoted}`)).getRowsJson().flat());
        }
        connection.closeSync();
        expect(values.map(Number).sort()).toEqual(paths.map((_, at) => at));
        expect(notes.filter((note) => note.includes('left out'))).toEqual([]);
        rmSync(folder, { recursive: true });
      }),
      { seed: 10, numRuns: 20 },
    );
  });

  it('that another file or the ledger has too gets a number, which a note tells', async () => {
    const tables = ['a-b.csv', 'a.b.csv', 'A_B.csv', 'cells.csv'].map((name, at) => put(name, `n\n${at}\n`));
    const { rows, notes } = await ask(
      'select (select n from a_b) a, (select n from a_b_2) b, (select n from a_b_3) c, (select n from cells_2) d',
      tables,
    );
    expect(rows).toEqual([{ a: '0', b: '1', c: '2', d: '3' }]);
    expect(notes).toEqual([
      `${tables[1]} is the table "a_b_2"`,
      `${tables[2]} is the table "A_B_3"`,
      `${tables[3]} is the table "cells_2"`,
    ]);
  });
});

describe('columns', () => {
  it('that are empty in every row are numbers, as they are in a table with entries', async () => {
    const columns = ['loss', 'value', 'seed_lower', 'seed_upper', 'p_holm', 'shot', 'reference'] as const;
    const empty = { seed_lower: null, seed_upper: null, p_holm: null, shot: null, reference: null };
    const one = put('one.csv', csvOf(columns, [{ loss: 'CE', value: 50, ...empty }]));
    const full = put(
      'full.csv',
      csvOf(columns, [
        { loss: '1', value: 50, seed_lower: 49, seed_upper: 51, p_holm: 0, shot: 1, reference: '2' },
      ]),
    );
    const sql = (name: string) =>
      `select avg(seed_upper - seed_lower) as width, min(p_holm) as p, max(shot + 1) as shot, avg(value) as mean from ${name}`;
    expect((await ask(sql('one'), [one])).rows).toEqual([{ width: null, p: null, shot: null, mean: 50 }]);
    expect((await ask(sql('"full"'), [full])).rows).toEqual([{ width: 2, p: 0, shot: '2', mean: 50 }]);
    const types = (name: string) => `select column_name, column_type from (describe "${name}")`;
    expect((await ask(types('one'), [one])).rows).toEqual((await ask(types('full'), [full])).rows);
  });

  it('of text stay text, also a key that looks like a number, and lose the apostrophe of a formula', async () => {
    const table = put('x.seeds.csv', seedCsv([{ ...row, loss: '=1+1', backbone: '007' }]));
    const { rows } = await ask('select loss, backbone, cell, way from x_seeds', [table]);
    expect(rows).toEqual([{ loss: '=1+1', backbone: '007', cell: '1e5000000000', way: null }]);
    const names = [
      '\n=1+1',
      ' =1',
      '\t=1',
      '\u00a0+1',
      '\u00ad=1',
      '\u200b-1',
      '\v＝1',
      "' =1",
      "it's",
      "'a",
    ];
    const other = put('y.csv', seedCsv(names.map((loss, seed) => ({ ...row, loss, seed }))));
    expect((await ask('select loss from y order by seed', [other])).rows).toEqual(
      names.map((loss) => ({ loss })),
    );
  });

  it('called __proto__ are printed like any other, and a field of a struct is not dropped in silence', async () => {
    const table = put('x.csv', '__proto__,b\n1,2\n');
    const { connection } = await openResults({ tables: [table], ledger, sql: '', allowFiles: false });
    expect(
      await printQuery(connection, 'select "__proto__"::int as "__proto__", 2 as b from x', 'json'),
    ).toBe('[\n  {\n    "__proto__": 1,\n    "b": 2\n  }\n]');
    expect(await printQuery(connection, 'select "__proto__" from x', 'csv')).toBe('__proto__\n1');
    const nested = printQuery(connection, `select {'__proto__': 1, 'b': 2} as s`, 'json');
    await expect(nested).rejects.toThrow(/^column "s" has a struct with a field "__proto__", [^\n]*$/);
    connection.closeSync();
  });

  it('of another program keep their types', async () => {
    const tables = [put('x.csv', 'value,seed\nhigh,a\n'), put('y.csv', 'value,seed\ntrue,0.5\n')];
    expect((await ask('select * from x', tables)).rows).toEqual([{ value: 'high', seed: 'a' }]);
    expect((await ask('select * from y', tables)).rows).toEqual([{ value: true, seed: 0.5 }]);
  });
});

describe('a file that is none', () => {
  it('costs one line and not the query', async () => {
    const good = put('x.csv', 'a\n1\n');
    mkdirSync(join(root, 'folder.csv'));
    const bad = [
      put('empty.csv', ''),
      put('bytes.csv', '\0\xff\x00"'),
      join(root, 'folder.csv'),
      join(root, 'gone.csv'),
    ];
    const { rows, notes } = await ask('select a from x', [good, ...bad]);
    expect(rows).toEqual([{ a: '1' }]);
    for (const note of notes) expect(note).toMatch(/^[^\n]*$/);
    for (const path of bad.slice(2)) expect(notes.join('\n')).toContain(`${path} is left out: `);
  });
});

it('CSV keeps numbers numbers and makes text of formulas harmless', async () => {
  const sql = `select -5::bigint as a, -1.5::decimal(4, 1) as b, -0.5 as c, '=1+1' as d, '-5' as e`;
  const { connection } = await openResults({ tables: [], ledger, sql, allowFiles: false });
  expect(await printQuery(connection, sql, 'csv')).toBe("a,b,c,d,e\n-5,-1.5,-0.5,'=1+1,'-5");
  const hidden = await printQuery(connection, `select chr(27) || '[2J' as x`, 'text');
  expect(hidden).toContain(String.raw`\u001b[2J`);
  connection.closeSync();
});

it('prints ten thousand rows as text, says how many more there are, and prints all as CSV', async () => {
  const sql = 'select * from range(200001)';
  const { connection } = await openResults({ tables: [], ledger, sql, allowFiles: false });
  const text = await printQuery(connection, sql, 'text');
  expect(text).toContain(' 9999 ');
  expect(text).not.toContain(' 10000 ');
  expect(text).toMatch(/\n… and 190001 more rows; --format csv prints all rows$/);
  expect((await printQuery(connection, sql, 'csv')).split('\n')).toHaveLength(200_002);
  connection.closeSync();
});
