/** CSV with a header, such as Ravi & Larochelle's lists of miniImageNet. */
import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import { DatasetError } from '../errors.ts';

/**
 * Rows of a CSV file, with the columns named by its first line.
 * @throws {DatasetError} naming the file and the line, or the missing columns
 */
export async function readCsv<Column extends string>(
  path: string,
  columns: readonly Column[],
): Promise<Record<Column, string>[]> {
  let rows: Record<string, string>[];
  try {
    rows = parse(await readFile(path), { columns: true, skip_empty_lines: true, bom: true });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new DatasetError(`${path} cannot be read as CSV: ${reason}`, 'corrupt', { cause: error });
  }
  const missing = columns.filter((column) => rows.some((row) => row[column] === undefined));
  if (missing.length > 0) {
    throw new DatasetError(`${path} has no column ${missing.join(', ')}; fetch it again.`, 'corrupt');
  }
  return rows as Record<Column, string>[];
}
