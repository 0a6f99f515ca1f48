/**
 * Every single measurement: one row per training run × shot × classifier × measure. The table of a suite holds means; these
 * rows allow a comparison of any two methods, paired by seed.
 */
import { csvBytes } from '@clce/text';
import { z } from 'zod';
import { isWithinBounds } from '../cell/measure-bounds.ts';
import type { FinishedCell } from '../cell/reported-result.ts';
import { measurementsOf, measures } from '../measurements.ts';
import { ResultsError } from '../results-error.ts';
import { weightsColumn } from '../settings.ts';
import { placedRecords } from './csv-records.ts';

const figure = z
  .string()
  .regex(/^-?\d+(\.\d+)?(e[+-]?\d+)?$/, 'expected a number')
  .transform(Number)
  .refine(Number.isFinite, 'expected a number');
const count = figure.refine(
  (value) => Number.isInteger(value) && value >= 1,
  'expected a whole number from 1 on',
);
const countOrNone = z.union([z.literal('').transform(() => null), count]);
const seed = figure.refine(
  (value) => Number.isInteger(value) && value >= 0,
  'expected a whole number from 0 on',
);
const seedOrNone = z.union([z.literal('').transform(() => null), seed]);
const text = z.string().min(1);

/** A row as spelled in a CSV file. The entries are the columns, in order. */
const seedColumns = z.strictObject({
  dataset: text,
  image_size: count,
  /** The sides of the data. Tables of earlier versions have no such columns, and the official split. */
  split: z.enum(['official', 'development', 'confirmation']).default('official'),
  folds: countOrNone.default(null),
  fold: seedOrNone.default(null),
  backbone: text,
  /** `random`, or the first twelve digits of the SHA-256 of the file of pretrained weights. */
  weights: text,
  loss: text,
  batch_size: count,
  seed,
  protocol: z.enum(['few-shot', 'transfer']),
  way: countOrNone,
  shot: countOrNone,
  classifier: z.string(),
  measure: z.enum(measures),
  /** In the unit of the measure. */
  value: figure,
  /** First twelve digits of the cell's key. */
  cell: text,
});
const seedRow = seedColumns.superRefine(({ measure, value }, context) => {
  if (isWithinBounds(measure, value)) return;
  context.addIssue({
    code: 'custom',
    path: ['value'],
    message: `${value} is out of the bounds of ${measure}`,
  });
});

export type SeedRow = z.output<typeof seedRow>;

/** @param cells finished cells of one preset. Baselines without training have no seed and get no rows */
export function seedTable(cells: readonly FinishedCell[]): SeedRow[] {
  return [...seedRows(cells)];
}

/** The rows of `seedTable` one by one: those of a large suite take more memory than its results. */
export function* seedRows(cells: Iterable<FinishedCell>): Generator<SeedRow> {
  for (const { key, facts, result } of cells) {
    if (facts.kind !== 'training') continue;
    const weights = weightsColumn(facts.weights);
    const cell = key.slice(0, 12);
    for (const { shot, classifier, measure, value } of measurementsOf(result)) {
      yield {
        dataset: facts.dataset,
        image_size: facts.imageSize,
        split: facts.split.kind,
        folds: facts.split.folds,
        fold: facts.split.fold,
        backbone: facts.backbone,
        weights,
        loss: facts.loss,
        batch_size: facts.batchSize,
        seed: facts.seed,
        protocol: facts.protocol,
        way: facts.way,
        shot,
        classifier,
        measure,
        value,
        cell,
      };
    }
  }
}

/** The rows as CSV (RFC 4180) with full precision; missing figures are empty. */
export function seedCsv(rows: readonly SeedRow[]): string {
  return Buffer.concat(seedCsvBytes(rows)).toString();
}

/** The same as bytes in parts. */
export function seedCsvBytes(rows: Iterable<SeedRow>): Uint8Array[] {
  return csvBytes(Object.keys(seedColumns.shape) as (keyof SeedRow)[], rows);
}

/**
 * Reads the rows of a CSV file.
 *
 * @throws ResultsError that names the file, the line and the column of a malformed value, or the line of a repeated
 *   measurement, which would count twice
 */
export function parseSeedCsv(csv: string, file: string): SeedRow[] {
  const lines = new Map<string, number>();
  return placedRecords(csv, file).map(({ line, record }) => {
    const parsed = seedRow.safeParse(record);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new ResultsError(`${file}, line ${line}, ${issue!.path.join('.')}: ${issue!.message}`);
    }
    const { value: _, cell: __, ...measured } = parsed.data;
    const what = JSON.stringify(measured);
    const before = lines.get(what);
    if (before !== undefined) {
      throw new ResultsError(
        `${file}, line ${line}: the same measurement as line ${before}; delete one of the two lines`,
      );
    }
    lines.set(what, line);
    return parsed.data;
  });
}
