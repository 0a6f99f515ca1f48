/** Reads CSV files with a header. */
import { csvText } from '@clce/text';
import { parse } from 'csv-parse/sync';
import { ResultsError } from '../results-error.ts';

export type CsvRecord = Readonly<Record<string, string>>;

export interface PlacedRecord {
  /** The line on which the record starts. A quoted line break makes a record longer than a line. */
  readonly line: number;
  readonly record: CsvRecord;
}

/** @throws ResultsError that names the file and the line */
export function csvRecords(csv: string, file: string): CsvRecord[] {
  return placedRecords(csv, file).map(({ record }) => record);
}

/** @throws ResultsError as `csvRecords` does */
export function placedRecords(csv: string, file: string): PlacedRecord[] {
  const [header, ...rows] = parsed(csv, file);
  if (header === undefined) throw new ResultsError(`${file}: it is empty; expected a line with the columns`);
  const twice = header.cells.find((column, at) => header.cells.indexOf(column) < at);
  if (twice !== undefined) throw new ResultsError(`${file}: two columns are called "${twice}"`);
  return rows.map(({ line, cells }) => ({
    line,
    record: Object.fromEntries(header.cells.map((column, at) => [column, cells[at]!])),
  }));
}

function parsed(csv: string, file: string): { readonly line: number; readonly cells: readonly string[] }[] {
  try {
    const bytes = Buffer.from(csv);
    let [line, start] = [1, 0];
    return (parse(bytes, OPTIONS) as unknown as Parsed[]).map(({ record, info }) => {
      const placed = { line, cells: record.map(csvText) };
      for (; start < info.bytes; start++) if (bytes[start] === LINE_FEED) line++;
      return placed;
    });
  } catch (error) {
    throw new ResultsError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const LINE_FEED = 10;
const OPTIONS = { bom: true, info: true, record_delimiter: ['\r\n', '\n'] };

interface Parsed {
  readonly record: readonly string[];
  /** Bytes up to the end of the record. */
  readonly info: { readonly bytes: number };
}
