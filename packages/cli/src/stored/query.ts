/** The answer to a SQL query as text, CSV or JSON. */
import { csvLines, visible } from '@clce/text';
import type { DuckDBConnection, DuckDBResultReader } from '@duckdb/node-api';
import Table from 'cli-table3';
import type { QueryFormat } from '../commands/results.ts';
import { plainTable } from '../print/plain-table.ts';
import { RunError } from '../run/run-error.ts';

/** Rows of a text table. Nobody reads more, and cli-table3 overflows the stack at about a hundred thousand. */
const MOST_ROWS = 10_000;

/** Characters of a value in a text table: the curve of a training has thousands. */
const MOST_CHARACTERS = 200;

/** @throws RunError in one line: what DuckDB says, with the tables where it does not know one, or why the answer cannot be printed */
export async function printQuery(
  connection: DuckDBConnection,
  sql: string,
  format: QueryFormat,
): Promise<string> {
  const tables = (
    await connection.runAndReadAll('select table_name from duckdb_tables() where not internal')
  ).getRows();
  const answer = await answerTo(connection, sql).catch((error: unknown) => {
    if (error instanceof RunError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    if (/disabled (by|through) configuration|configuration has been locked/.test(message)) {
      throw new RunError(
        'a query reads the results and nothing else; --allow-files lets it use files, extensions and settings',
      );
    }
    const names = /\bTable\b/.test(message) ? `; tables: ${tables.flat().join(', ') || 'none'}` : '';
    throw new RunError(`${oneLine(message)}${names}`);
  });
  requireEveryField(answer);
  const rows = answer.getRowsJson();
  switch (format) {
    case 'json': {
      const columns = answer.deduplicatedColumnNames();
      const objects = rows.map((row) => Object.fromEntries(columns.map((column, at) => [column, row[at]])));
      return JSON.stringify(objects, null, 2);
    }
    case 'csv':
      return csvLines(
        answer.columnNames(),
        rows.map((row) => row.map(numbersIn(answer))),
      ).trimEnd();
    case 'text': {
      const table = new Table({ head: answer.columnNames().map(visible), ...plainTable });
      const printed = rows
        .slice(0, MOST_ROWS)
        .map((row) => row.map((value) => (value === null ? '' : visible(textOf(value)))));
      table.push(...printed.map((row) => row.map(shortened)));
      const more = rows.length - MOST_ROWS;
      const cut = printed.flat().filter((text) => text !== shortened(text)).length;
      return [
        String(table),
        ...(more > 0 ? [`… and ${more} more rows; --format csv prints all rows`] : []),
        ...(cut > 0 ? [`${cut} long values end with …; --format csv prints them whole`] : []),
      ].join('\n');
    }
  }
}

/** The answer of the last statement. @throws RunError where an earlier statement has an answer, which would be lost */
async function answerTo(connection: DuckDBConnection, sql: string): Promise<DuckDBResultReader> {
  const { ResultReturnType } = await import('@duckdb/node-api');
  const statements = await connection.extractStatements(sql).catch((error: Error) => {
    // DuckDB gives no reason where it finds no statement.
    if (error.message === 'Error in native callback') throw new RunError('the query holds no statement');
    throw error;
  });
  for (let at = 0; ; at++) {
    const answer = await (await statements.prepare(at)).runAndReadAll();
    if (at === statements.count - 1) return answer;
    if (answer.returnType === ResultReturnType.QUERY_RESULT) {
      throw new RunError(
        `statement ${at + 1} of ${statements.count} has an answer of its own; only the last may have one, so make two queries of them`,
      );
    }
  }
}

/** DuckDB's message without the lines that repeat the query. */
function oneLine(message: string): string {
  return message
    .replace(/^Failed to extract statements: /, '')
    .replace(/\n\s*\nLINE \d+: .*$/s, '')
    .trim()
    .replace(/\s*\n\s*/g, ' ');
}

/** @throws RunError where a struct has a field that the objects of JavaScript lose */
function requireEveryField(answer: DuckDBResultReader): void {
  const column = answer.columnTypes().findIndex((type) => String(type).includes('__proto__'));
  if (column < 0) return;
  throw new RunError(
    `column ${JSON.stringify(answer.columnName(column))} has a struct with a field "__proto__", which is not printed; select the field by itself`,
  );
}

function shortened(text: string): string {
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
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
