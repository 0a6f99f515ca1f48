/** The answer to a SQL query as text, CSV or JSON. */
import { csvLines, visible } from '@clce/text';
import type { DuckDBConnection, DuckDBResultReader } from '@duckdb/node-api';
import Table from 'cli-table3';
import type { QueryFormat } from '../commands/results.ts';
import { plainTable } from '../print/plain-table.ts';
import { RunError } from '../run/run-error.ts';

/** Rows of a text table. Nobody reads more, and cli-table3 overflows the stack at about a hundred thousand. */
const MOST_ROWS = 10_000;

/** @throws RunError with DuckDB's message and the names of the tables */
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
        return csvLines(
          columns,
          rows.map((row) => row.map(numbersIn(answer))),
        ).trimEnd();
      case 'text': {
        const table = new Table({ head: columns.map(visible), ...plainTable });
        for (const row of rows.slice(0, MOST_ROWS)) {
          table.push(row.map((value) => (value === null ? '' : visible(textOf(value)))));
        }
        const more = rows.length - MOST_ROWS;
        return `${table}${more > 0 ? `\n… and ${more} more rows; --format csv prints all rows` : ''}`;
      }
    }
  } catch (error) {
    const tables = (
      await connection.runAndReadAll('select table_name from duckdb_tables() where not internal')
    ).getRows();
    const message = error instanceof Error ? error.message : String(error);
    if (/disabled (by|through) configuration|configuration has been locked/.test(message)) {
      throw new RunError(
        'a query reads the results and nothing else; --allow-files lets it use files, extensions and settings',
      );
    }
    throw new RunError(`${message}\nTables: ${tables.flat().join(', ') || 'none'}`);
  }
}

function textOf(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** DuckDB gives integers of 64 bits and decimals as text. */
function numbersIn(answer: DuckDBResultReader): (value: unknown, column: number) => unknown {
  const types = answer.columnTypes().map(String);
  return (value, column) => {
    if (typeof value !== 'string') return value;
    if (/^U?(BIG|HUGE)INT$/.test(types[column]!)) return BigInt(value);
    return types[column]!.startsWith('DECIMAL') ? Number(value) : value;
  };
}
