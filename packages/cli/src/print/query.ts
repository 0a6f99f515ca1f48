/** SQL over result files. DuckDB reads the files in place and stores nothing. */
import { basename, join } from 'node:path';
import { parseCellResult } from '@clce/results';
import { openLedger } from '@clce/runner';
import type { DuckDBConnection } from '@duckdb/node-api';
import Table from 'cli-table3';
import { stringify } from 'csv-stringify/sync';
import type { QueryFormat } from '../commands/results.ts';
import { RunError } from '../run/run-error.ts';
import { tablesIn } from './find-results.ts';
import { plainTable } from './plain-table.ts';

/**
 * Opens a database with one view for each CSV file, named like the file with "_" for "." and "-". If the ledger has
 * results that can be believed, the view `cells` holds them (key, spec, result).
 */
export async function openResults(folders: readonly string[], ledger: string): Promise<DuckDBConnection> {
  // Only this command needs DuckDB, a native library of tens of megabytes.
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  for (const path of await tablesIn(folders)) {
    const view = basename(path, '.csv').replace(/[.-]/g, '_');
    await connection.run(`create view "${view}" as select * from read_csv(${literal(path)})`);
  }
  // The ledger names the results that it does not believe.
  const keys = await openLedger({ directory: ledger, parseResult: parseCellResult }).list();
  if (keys.length > 0) {
    const files = `[${keys.map((key) => literal(join(ledger, key, 'result.json'))).join(', ')}]`;
    const columns = `{key: 'varchar', spec: 'json', result: 'json'}`;
    await connection.run(`create view cells as select * from read_json(${files}, columns = ${columns})`);
  }
  return connection;
}

/** @throws RunError with DuckDB's message and the names of the views */
export async function printQuery(
  connection: DuckDBConnection,
  sql: string,
  format: QueryFormat,
): Promise<string> {
  try {
    const answer = await connection.runAndReadAll(sql);
    const columns = answer.columnNames();
    const rows = answer.getRowsJson();
    switch (format) {
      case 'json':
        return JSON.stringify(answer.getRowObjectsJson(), null, 2);
      case 'csv':
        return stringify(rows, { header: true, columns }).trimEnd();
      case 'text': {
        const table = new Table({ head: columns, ...plainTable });
        table.push(...rows.map((row) => row.map((value) => (value === null ? '' : String(value)))));
        return table.toString();
      }
    }
  } catch (error) {
    const views = (
      await connection.runAndReadAll('select view_name from duckdb_views() where not internal')
    ).getRows();
    const message = error instanceof Error ? error.message : String(error);
    throw new RunError(`${message}\nViews: ${views.flat().join(', ') || 'none'}`);
  }
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
