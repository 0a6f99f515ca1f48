/** CSV (RFC 4180) for spreadsheets, pandas, R and DuckDB. */
import { stringify } from 'csv-stringify/sync';

/** The rows with a header: numbers with every digit, null as an empty cell, text that may start a formula with an apostrophe. */
export function csvOf<Column extends string>(
  columns: readonly Column[],
  rows: readonly Readonly<Record<Column, string | number | null>>[],
): string {
  return written(columns, rows, (row) => columns.map((column) => row[column]));
}

/** The same from lists of values; lists and maps become JSON. */
export function csvLines(columns: readonly string[], rows: readonly (readonly unknown[])[]): string {
  return written(columns, rows, (row) => row);
}

/** Rows that are written at a time: the cells of all rows of a large table take several times the memory of its text. */
const PART = 1000;

function written<Row>(
  columns: readonly string[],
  rows: readonly Row[],
  cellsOf: (row: Row) => readonly unknown[],
): string {
  const parts = [textOf([columns])];
  for (let start = 0; start < rows.length; start += PART) {
    parts.push(textOf(rows.slice(start, start + PART).map(cellsOf)));
  }
  return parts.join('');
}

function textOf(rows: readonly (readonly unknown[])[]): string {
  const cells = rows.map((row) =>
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
 * A spreadsheet runs text that starts with one of these signs (OWASP, CSV injection), full-width ones included, and may skip
 * white space and invisible characters before it. Text with apostrophes before such a character gets one more, so that
 * `csvText` gives the text back. DuckDB's regular expressions read the class, too.
 */
export const FORMULA_START = String.raw`[=+\-@＝＋－＠\t\n\v\f\r\p{Z}\p{Cf}]`;
const FORMULA = new RegExp(`^'*${FORMULA_START}`, 'u');
const ESCAPED = new RegExp(`^'+${FORMULA_START}`, 'u');

/** A number is no formula, however it starts. */
function escaped(value: unknown): unknown {
  // The library writes nothing for false.
  if (typeof value === 'boolean') return String(value);
  return typeof value === 'string' && FORMULA.test(value) ? `'${value}` : value;
}
