/** CSV (RFC 4180) for spreadsheets, pandas, R and DuckDB. */
import { stringify } from 'csv-stringify/sync';

/** The rows with a header: numbers with every digit, null as an empty cell, text that starts as a formula with an apostrophe. */
export function csvOf<Column extends string>(
  columns: readonly Column[],
  rows: readonly Readonly<Record<Column, string | number | null>>[],
): string {
  return csvLines(
    columns,
    rows.map((row) => columns.map((column) => row[column])),
  );
}

/** The same from lists of values; lists and maps become JSON. */
export function csvLines(columns: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const cells = [columns, ...rows].map((row) =>
    row.map((value) => escaped(typeof value === 'object' && value !== null ? JSON.stringify(value) : value)),
  );
  // Some readers end a row at a carriage return.
  return stringify(cells, { quoted_match: /\r/ });
}

/** The text behind a cell that `csvOf` wrote. */
export function csvText(cell: string): string {
  return ESCAPED.test(cell) ? cell.slice(1) : cell;
}

/**
 * A spreadsheet runs text that starts so (OWASP, CSV injection), full-width signs included. Text that has apostrophes before
 * the sign gets one more, so that `csvText` gives the text back.
 */
const FORMULA = /^'*[=+\-@\t\r＝＋－＠]/;
const ESCAPED = /^'+[=+\-@\t\r＝＋－＠]/;

/** A number is no formula, however it starts. */
function escaped(value: unknown): unknown {
  return typeof value === 'string' && FORMULA.test(value) ? `'${value}` : value;
}
