/** CSV (RFC 4180) for spreadsheets, pandas, R and DuckDB. */

type CsvRow<Column extends string> = Readonly<Record<Column, string | number | null>>;

/** The rows with a header: numbers with every digit, null as an empty cell, text that may start a formula with an apostrophe. */
export function csvOf<Column extends string>(
  columns: readonly Column[],
  rows: readonly CsvRow<Column>[],
): string {
  return Buffer.concat(csvBytes(columns, rows)).toString();
}

/** The same as bytes of UTF-8 in parts: a large table as one text takes twice the memory. */
export function csvBytes<Column extends string>(
  columns: readonly Column[],
  rows: Iterable<CsvRow<Column>>,
): Uint8Array[] {
  return written(columns, rows, (row) => columns.map((column) => row[column]));
}

/** The same from lists of values; lists and maps become JSON. */
export function csvLines(columns: readonly string[], rows: readonly (readonly unknown[])[]): string {
  return Buffer.concat(written(columns, rows, (row) => row)).toString();
}

/** Some rows without a header, for a table that is written while it is made. */
export function csvRows(rows: readonly (readonly unknown[])[]): string {
  return rows.map(lineOf).join('');
}

/** Lines that are written at a time. */
const PART = 1000;

function written<Row>(
  columns: readonly string[],
  rows: Iterable<Row>,
  cellsOf: (row: Row) => readonly unknown[],
): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let lines = [lineOf(columns)];
  for (const row of rows) {
    lines.push(lineOf(cellsOf(row)));
    if (lines.length < PART) continue;
    parts.push(Buffer.from(lines.join('')));
    lines = [];
  }
  parts.push(Buffer.from(lines.join('')));
  return parts;
}

function lineOf(cells: readonly unknown[]): string {
  return `${cells.map(cellText).join(',')}\n`;
}

/** A number is no formula, however it starts. */
function cellText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'string' && typeof value !== 'object') return String(value);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const safe = typeof value === 'string' && FORMULA.test(text) ? `'${text}` : text;
  // Some readers end a row at a carriage return.
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
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
