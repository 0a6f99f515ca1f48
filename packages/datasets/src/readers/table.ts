/** Lists that benchmarks come with: CSV with a header, and lines of words. */
import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import { DatasetError } from '../errors.ts';

/**
 * Rows of a CSV file by the names in its first line.
 * @throws {DatasetError} naming the file and the line, or the columns that are missing
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

/**
 * The words of each line, split at white space; empty lines and those that start with `#` are left out.
 * @param words how many a line has; the last takes the rest of the line
 * @throws {DatasetError} naming file and line where a line has fewer
 */
export async function readLines(path: string, words: number): Promise<string[][]> {
  const lines = (await readFile(path, 'utf8')).split(/\r?\n/);
  return lines.flatMap((line, index) => {
    const text = line.trim();
    if (text === '' || text.startsWith('#')) return [];
    const found = text.split(/\s+/);
    if (found.length < words) {
      throw new DatasetError(
        `${path}, line ${index + 1}: expected ${words} words, found ${found.length}.`,
        'corrupt',
      );
    }
    return [[...found.slice(0, words - 1), found.slice(words - 1).join(' ')]];
  });
}
