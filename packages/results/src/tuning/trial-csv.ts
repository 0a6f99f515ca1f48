/** `SUITE.trials.csv`: a column for each tuned entry and for each score of the criterion. */
import { csvLines } from '@clce/text';
import { ResultsError } from '../results-error.ts';
import { type CsvRecord, placedRecords } from '../tables/csv-records.ts';
import type { TrialRow } from './trial-table.ts';

const BEFORE = ['dataset', 'backbone', 'batch_size', 'method', 'trial'];
const AFTER = ['mean', 'chosen', 'edge', 'diverged', 'cell'];

/** What a trial writes in place of a value where it keeps the preset's own, as YAML does. An empty field means no such entry. */
const KEPT = 'null';

/** The rows as CSV (RFC 4180) with full precision. The field of an entry that a method does not have is empty. */
export function trialCsv(rows: readonly TrialRow[]): string {
  const entries = namesIn(rows, ({ values }) => values);
  const scores = namesIn(rows, (row) => row.scores);
  const lines = rows.map((row) => [
    ...[row.dataset, row.backbone, row.batch_size, row.method, row.trial],
    ...entries.map((entry) => (row.values[entry] === null ? KEPT : row.values[entry])),
    ...scores.map((score) => row.scores[score]),
    ...[row.mean, row.chosen, row.edge, row.diverged, row.cell],
  ]);
  return csvLines([...BEFORE, ...entries, ...scores, ...AFTER], lines);
}

/** Names of the columns of entries or scores, in the order of their first row. */
function namesIn(
  rows: readonly TrialRow[],
  of: (row: TrialRow) => Readonly<Record<string, unknown>>,
): string[] {
  return [...new Set(rows.flatMap((row) => Object.keys(of(row))))];
}

/**
 * Reads the rows of a CSV file. A tuned entry stays as it is spelled.
 *
 * @throws ResultsError that names the file, the line and the column
 */
export function parseTrialCsv(csv: string, file: string): TrialRow[] {
  return placedRecords(csv, file).map(({ line, record }) => {
    const fail = (column: string, expected: string) =>
      new ResultsError(`${file}, line ${line}, ${column}: expected ${expected}`);
    const text = (column: string): string => {
      const value = record[column];
      if (value === undefined) throw fail(column, 'a column of this name');
      return value;
    };
    const accuracy = (column: string): number | null => {
      const value = text(column);
      if (value === '') return null;
      const number = Number(value);
      if (!(number >= 0 && number <= 100)) throw fail(column, 'an accuracy from 0 to 100');
      return number;
    };
    const count = (column: string): number => {
      const number = Number(text(column));
      if (!Number.isInteger(number) || number < 1) throw fail(column, 'a whole number from 1 on');
      return number;
    };
    // First of all, because a column of another name would be taken for a score.
    for (const column of [...BEFORE, ...AFTER]) text(column);
    const chosen = text('chosen');
    if (chosen !== 'true' && chosen !== 'false') throw fail('chosen', 'true or false');
    const [values, scores] = ownColumns(record);
    return {
      dataset: text('dataset'),
      backbone: text('backbone'),
      batch_size: count('batch_size'),
      method: text('method'),
      trial: count('trial'),
      values: Object.fromEntries(
        values.flatMap((column): [string, string | null][] => {
          const value = text(column);
          return value === '' ? [] : [[column, value === KEPT ? null : value]];
        }),
      ),
      scores: Object.fromEntries(scores.map((column) => [column, accuracy(column)])),
      mean: accuracy('mean'),
      chosen: chosen === 'true',
      edge: text('edge'),
      diverged: text('diverged'),
      cell: text('cell'),
    };
  });
}

function ownColumns(record: CsvRecord): [entries: string[], scores: string[]] {
  const own = Object.keys(record).filter((column) => ![...BEFORE, ...AFTER].includes(column));
  const isEntry = (column: string) => /^(recipe|loss)\./.test(column);
  return [own.filter(isEntry), own.filter((column) => !isEntry(column))];
}
