/** Tables of results and cells of a ledger as tables of a DuckDB database in memory. */
import { basename, resolve } from 'node:path';
import { parseReportedResult } from '@clce/results';
import { openLedger } from '@clce/runner';
import { FORMULA_START } from '@clce/text';
import type { DuckDBAppender, DuckDBConnection } from '@duckdb/node-api';
import { compactEntries } from './compact-entries.ts';
import { indexOf } from './result-index.ts';

export interface OpenedResults {
  readonly connection: DuckDBConnection;
  /** A line for each file that is left out, and for each table that could not get the name of its file. */
  readonly notes: readonly string[];
}

export interface OpenOptions {
  /** Paths of CSV files. */
  readonly tables: readonly string[];
  readonly ledger: string;
  /** The query: `cells` is read only where it occurs. */
  readonly sql: string;
  /** Whether SQL may read and write files and load extensions. */
  readonly allowFiles: boolean;
}

/**
 * Loads each CSV file into a table, named like the file with "_" for "." and "-". If the ledger has results, `cells` holds
 * them (key, spec, result, seconds). After that the database reads and writes no file and takes no setting, because SQL comes from
 * elsewhere as often as data does.
 */
export async function openResults({ tables, ledger, sql, allowFiles }: OpenOptions): Promise<OpenedResults> {
  // Only this command needs DuckDB, a native library of tens of megabytes.
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const notes: string[] = [];
  const names = tableNames(tables);
  for (const [path, name] of names) {
    if (name !== plainName(path)) notes.push(`${path} is the table ${identifier(name)}`);
    try {
      await loadTable(connection, path, name);
    } catch (error) {
      await connection.run(`drop table if exists ${identifier(name)}`);
      notes.push(`${path} is left out: ${firstLine(error)}`);
    }
  }
  if (/cells/i.test(sql)) await loadCells(connection, ledger);
  if (!allowFiles) for (const setting of LOCKED) await connection.run(setting);
  return { connection, notes };
}

/** The order matters: the last line locks all settings. */
const LOCKED = [
  'set autoinstall_known_extensions = false',
  'set autoload_known_extensions = false',
  'set allow_community_extensions = false',
  // A query that outgrows the memory fails; it spills into no folder.
  `set temp_directory = ''`,
  'set enable_external_access = false',
  'set lock_configuration = true',
];

/** The table's name by path. DuckDB ignores case; files that would share a name get a number. */
function tableNames(paths: readonly string[]): Map<string, string> {
  const taken = new Set([CELLS]);
  const names = new Map<string, string>();
  for (const path of paths) {
    const plain = plainName(path);
    let name = plain;
    for (let number = 2; taken.has(name.toLowerCase()); number++) name = `${plain}_${number}`;
    taken.add(name.toLowerCase());
    names.set(path, name);
  }
  return names;
}

const CELLS = 'cells';

function plainName(path: string): string {
  return basename(path, '.csv').replace(/[.-]/g, '_');
}

/** A column that is text in some rows is text in all files: a name of digits stays a name. */
const TEXTS = [
  ...[
    'dataset',
    'backbone',
    'weights',
    'loss',
    'loss_name',
    'optimizer',
    'verdict',
    'protocol',
    'classifier',
    'measure',
    'reference',
    'cells',
    'cell',
  ],
  ...['pairs', 'class', 'method', 'edge', 'diverged', 'split', 'evaluated_on', 'score', 'other'],
];
const COUNTS = [
  'image_size',
  'batch_size',
  'way',
  'shot',
  'seed',
  'seeds',
  'episodes',
  'batch_sizes',
  'steps',
  'images',
  'contrastive_group',
  'contrastive_groups',
  'trial',
  ...['folds', 'fold', 'runs', 'family'],
];
const FIGURES = [
  ...[
    'learning_rate',
    'epochs',
    'positives',
    'value',
    'episode_lower',
    'episode_upper',
    'seed_lower',
    'seed_upper',
  ],
  ...['over_pixels', 'over_pixels_lower', 'over_pixels_upper', 'difference', 'difference_lower'],
  ...['difference_upper', 'p_value', 'p_holm', 'slope', 'slope_lower', 'slope_upper'],
  ...['lower', 'upper', 'share', 'x', 'y', 'classes', 'margin', 'smallest_margin'],
  ...['error_ratio', 'error_ratio_lower', 'error_ratio_upper', 'p_difference', 'p_difference_holm'],
  ...['p_equivalence', 'p_equivalence_holm', 'fold_spread', 'seed_spread', 'class_spread', 'rest_spread'],
];

/** RFC 4180. DuckDB would guess, and take an apostrophe for a quotation mark. */
const DIALECT = `delim = ',', quote = '"', escape = '"', header = true`;

/** A column without an entry, such as the interval of a single seed, would be text by itself. */
async function loadTable(connection: DuckDBConnection, path: string, name: string): Promise<void> {
  // DuckDB takes a path with `*`, `?` or `[` for a pattern only where no file is called so.
  const file = literal(resolve(path));
  const columns = (
    await connection.runAndReadAll(`select * from read_csv(${file}, ${DIALECT}) limit 0`)
  ).columnNames();
  const texts = TEXTS.filter((column) => columns.includes(column));
  const types = texts.map((column) => `${literal(column)}: 'varchar'`);
  const options = types.length === 0 ? DIALECT : `${DIALECT}, types = {${types.join(', ')}}`;
  const table = identifier(name);
  await connection.run(`create table ${table} as select * from read_csv(${file}, ${options})`);
  const numeric = await numericColumns(connection, table, columns);
  const replaced = [
    ...[...texts, ...(await textParameters(connection, table))].map(
      (column) => `${csvText(identifier(column))} as ${identifier(column)}`,
    ),
    ...numeric.map(([column, type]) => `${identifier(column)}::${type} as ${identifier(column)}`),
  ];
  if (replaced.length === 0) return;
  await connection.run(
    `create or replace table ${table} as select * replace (${replaced.join(', ')}) from ${table}`,
  );
}

/** Parameters of losses that are text, such as `loss.form`. */
async function textParameters(connection: DuckDBConnection, table: string): Promise<string[]> {
  const answer = await connection.runAndReadAll(
    `select column_name from (describe ${table}) where column_name like 'loss.%' and column_type = 'VARCHAR'`,
  );
  return answer.getRowsJson().map(([column]) => String(column));
}

/** Counts and figures with their types. A column of another program that holds other text keeps its own type. */
async function numericColumns(
  connection: DuckDBConnection,
  table: string,
  columns: readonly string[],
): Promise<(readonly [column: string, type: string])[]> {
  const filled = (column: string) => `count(${identifier(column)})`;
  const known = [
    // With an entry, DuckDB finds the type itself.
    ...COUNTS.map((column) => ({ column, type: 'bigint', fits: `${filled(column)} = 0` })),
    ...FIGURES.map((column) => {
      const numbers = `count(try_cast(${identifier(column)}::varchar as double))`;
      return { column, type: 'double', fits: `${filled(column)} = ${numbers}` };
    }),
  ].filter(({ column }) => columns.includes(column));
  if (known.length === 0) return [];
  const answer = await connection.runAndReadAll(
    `select ${known.map(({ fits }) => fits).join(', ')} from ${table}`,
  );
  const [row] = answer.getRowsJson();
  return known.flatMap(({ column, type }, at) => (row?.[at] === true ? [[column, type] as const] : []));
}

/** SQL for `csvText` of @clce/text. */
function csvText(column: string): string {
  return `case when regexp_matches(${column}, ${literal(`^'+${FORMULA_START}`)}) then ${column}[2:] else ${column} end`;
}

/** The ledger names the results that it does not believe. */
async function loadCells(connection: DuckDBConnection, directory: string): Promise<void> {
  const index = indexOf(directory);
  try {
    const ledger = openLedger({ directory, parseResult: parseReportedResult, index });
    let appender: DuckDBAppender | undefined;
    let rows = 0;
    // DuckDB's own reader would open every file a second time, and parse it.
    for await (const [key, entries] of ledger.results(compactEntries)) {
      if (appender === undefined) {
        await connection.run(`create table ${CELLS} (key varchar, spec json, result json, seconds double)`);
        appender = await connection.createAppender(CELLS);
      }
      for (const text of [key, entries.get('spec')!, entries.get('result')!]) appender.appendVarchar(text);
      // Times are in the provenance alone: equal cells have equal results.
      const provenance = await ledger.readProvenance(key);
      if (provenance === null) appender.appendNull();
      else appender.appendDouble(provenance.durationMs / 1000);
      appender.endRow();
      if (++rows % ROWS_AT_ONCE === 0) appender.flushSync();
    }
    appender?.closeSync();
  } finally {
    index.close();
  }
}

const ROWS_AT_ONCE = 2048;

/** The name as DuckDB reads it, whatever characters it has. */
function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
}
