/** What people open the tables with reads them without options: pandas, R and DuckDB; on the committed results. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { csvRecords } from '@clce/results';
import { DuckDBInstance } from '@duckdb/node-api';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { tablesIn } from './find-results.ts';

const results = fileURLToPath(new URL('../../../../results', import.meta.url));
const tables = (await tablesIn([results])).map((path) => basename(path));

const PYTHON = '/usr/bin/python3';
const runs = async (program: string, ...words: string[]) =>
  !(await execa(program, words, { reject: false })).failed;
const pandas = existsSync(PYTHON) && (await runs(PYTHON, '-c', 'import pandas'));
const r = await runs('Rscript', '--version');

/** Number of rows, names of the columns, and the sum of each column that holds numbers alone. */
interface Summary {
  readonly rows: number;
  readonly columns: readonly string[];
  readonly sums: Readonly<Record<string, number>>;
}

async function expected(file: string): Promise<Summary> {
  const records = csvRecords(await readFile(join(results, file), 'utf8'), file);
  const columns = Object.keys(records[0]!);
  const sums = columns.flatMap((column) => {
    const entries = records.map((record) => record[column]!).filter((entry) => entry !== '');
    const isNumeric = entries.length > 0 && entries.every((entry) => Number.isFinite(Number(entry)));
    return isNumeric ? [[column, entries.reduce((sum, entry) => sum + Number(entry), 0)] as const] : [];
  });
  return { rows: records.length, columns, sums: Object.fromEntries(sums) };
}

function expectSame(read: Summary, written: Summary): void {
  expect(read.rows).toBe(written.rows);
  expect(read.columns).toEqual(written.columns);
  for (const [column, sum] of Object.entries(written.sums)) {
    expect(Math.abs(read.sums[column]! - sum), column).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(sum)));
  }
}

describe('the committed tables', () => {
  it('are there', () => expect(tables.length).toBeGreaterThan(3));

  it.skipIf(!pandas)('in pandas (skipped without Debian’s python3-pandas)', async () => {
    const program = `import json, pandas, sys
def summary(file):
    t = pandas.read_csv(file)
    return {"rows": len(t), "columns": list(t.columns), "sums": t.select_dtypes("number").sum().to_dict()}
print(json.dumps([summary(file) for file in sys.argv[1:]]))`;
    const { stdout } = await execa(PYTHON, ['-c', program, ...tables.map((file) => join(results, file))]);
    const read = JSON.parse(stdout) as Summary[];
    for (const [at, file] of tables.entries()) expectSame(read[at]!, await expected(file));
  });

  it.skipIf(!r)('in R (skipped without Rscript)', async () => {
    const program = `for (file in commandArgs(TRUE)) {
  t <- read.csv(file); n <- names(t)[sapply(t, is.numeric)]
  cat(nrow(t), paste(names(t), collapse = ","), paste(n, sprintf("%.17g", colSums(t[n], na.rm = TRUE)), sep = "=", collapse = ","), sep = " ")
  cat("\\n")
}`;
    const { stdout } = await execa('Rscript', ['-e', program, ...tables.map((file) => join(results, file))]);
    const lines = stdout.trim().split('\n');
    for (const [at, file] of tables.entries()) {
      const [rows, columns, sums] = lines[at]!.split(' ') as [string, string, string];
      const bySum = sums.split(',').map((entry) => entry.split('=') as [string, string]);
      expectSame(
        {
          rows: Number(rows),
          columns: columns.split(','),
          sums: Object.fromEntries(bySum.map(([column, sum]) => [column, Number(sum)])),
        },
        await expected(file),
      );
    }
  });

  it('in DuckDB', async () => {
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    try {
      for (const file of tables) {
        const written = await expected(file);
        const from = `from read_csv('${join(results, file)}')`;
        const columns = (await connection.runAndReadAll(`select * ${from} limit 0`)).columnNames();
        const sums = Object.keys(written.sums).map((column) => `sum("${column}")::double as "${column}"`);
        const answer = await connection.runAndReadAll(
          `select count(*)::int as rows, ${sums.join(', ')} ${from}`,
        );
        const { rows, ...bySum } = answer.getRowObjectsJson()[0]! as Record<string, number>;
        expectSame({ rows: rows!, columns, sums: bySum }, written);
      }
    } finally {
      connection.closeSync();
    }
  });
});
