/** Reads CSV files with a header. */
import { parse } from 'csv-parse/sync';
import { ResultsError } from '../results-error.ts';

/** @throws ResultsError that names the file and the line */
export function csvRecords(csv: string, file: string): Record<string, string>[] {
  try {
    return parse(csv, { columns: true });
  } catch (error) {
    throw new ResultsError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
