/**
 * Every single measurement: one row per training run × shot × classifier × measure. The table of a suite holds means; these
 * rows allow a comparison of any two methods, paired by seed.
 */
import { csvBytes, csvOf } from '@clce/text';
import { z } from 'zod';
import { EVALUATED_ON, evaluatedOn } from '../cell/evaluated-on.ts';
import { isWithinBounds } from '../cell/measure-bounds.ts';
import type { FinishedCell } from '../cell/reported-result.ts';
import { measurementsOf, measures } from '../measurements.ts';
import { ResultsError } from '../results-error.ts';
import { weightsColumn } from '../settings.ts';
import { costOf } from './cost-columns.ts';
import { type CsvRecord, placedRecords } from './csv-records.ts';
import {
  insertParameters,
  isParameterColumn,
  lossColumnsOf,
  type ParameterColumn,
  type ParameterColumns,
  withParameters,
} from './loss-columns.ts';

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

/** A column that may be empty, or missing from a table of an earlier version. */
function orNone<Kind extends z.ZodType>(kind: Kind) {
  return z.union([z.literal('').transform(() => null), kind]).default(null);
}

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
  /** The name by which presets know the loss. Tables of earlier versions have none, and none of the other columns with null. */
  loss_name: orNone(text),
  batch_size: count,
  /** Empty for the whole batch. Tables of earlier versions have no such column. */
  contrastive_group: countOrNone.optional().transform((group) => group ?? null),
  optimizer: orNone(text),
  /** The highest of the schedule. */
  learning_rate: orNone(figure),
  /** Passes over the training samples. */
  epochs: orNone(figure),
  steps: orNone(count),
  /** Images that all steps showed the network, all views together. */
  images: orNone(count),
  seed,
  protocol: z.enum(['few-shot', 'transfer']),
  /** What the figure is measured on. Tables of earlier versions do not say it. */
  evaluated_on: orNone(z.enum(EVALUATED_ON)),
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

export type SeedRow = z.output<typeof seedRow> & ParameterColumns;

/** @param cells finished cells of one preset. Baselines without training have no seed and get no rows */
export function seedTable(cells: readonly FinishedCell[]): SeedRow[] {
  return [...seedRows(cells)];
}

/** The rows of `seedTable` one by one: those of a large suite take more memory than its results. */
export function* seedRows(cells: Iterable<FinishedCell>): Generator<SeedRow> {
  for (const { key, facts, result } of cells) {
    if (facts.kind !== 'training') continue;
    const weights = weightsColumn(facts.weights);
    const columns = { ...lossColumnsOf(facts), ...costOf(facts, result) };
    const cell = key.slice(0, 12);
    for (const measurement of measurementsOf(result)) {
      const { shot, classifier, measure, value } = measurement;
      yield {
        dataset: facts.dataset,
        image_size: facts.imageSize,
        split: facts.split.kind,
        folds: facts.split.folds,
        fold: facts.split.fold,
        backbone: facts.backbone,
        weights,
        loss: facts.loss,
        ...columns,
        batch_size: facts.batchSize,
        contrastive_group: facts.contrastiveGroup,
        seed: facts.seed,
        protocol: facts.protocol,
        evaluated_on: evaluatedOn(facts, measurement),
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
  return csvOf(withParameters(COLUMNS, rows), rows);
}

/**
 * The same as bytes in parts.
 *
 * @param parameters columns of the rows' losses; the rows are read once
 */
export function seedCsvBytes(rows: Iterable<SeedRow>, parameters: readonly ParameterColumn[]): Uint8Array[] {
  return csvBytes(insertParameters(COLUMNS, parameters), rows);
}

const COLUMNS = Object.keys(seedColumns.shape) as (keyof typeof seedColumns.shape)[];

/**
 * Reads the rows of a CSV file.
 *
 * @throws ResultsError that names the file, the line and the column of a malformed value, or the line of a repeated
 *   measurement, which would count twice
 */
export function parseSeedCsv(csv: string, file: string): SeedRow[] {
  const lines = new Map<string, number>();
  return placedRecords(csv, file).map(({ line, record }) => {
    const parsed = parsedRow(record);
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

/** The columns of a loss's parameters differ from table to table; the schema has the others. */
function parsedRow(record: CsvRecord) {
  const entries = Object.entries(record);
  const parsed = seedRow.safeParse(
    Object.fromEntries(entries.filter(([column]) => !isParameterColumn(column))),
  );
  if (!parsed.success) return parsed;
  const parameters: Record<ParameterColumn, string | number> = {};
  for (const [column, spelled] of entries) {
    if (!isParameterColumn(column) || spelled === '') continue;
    const number = figure.safeParse(spelled);
    parameters[column] = number.success ? number.data : spelled;
  }
  return { success: true as const, data: { ...parsed.data, ...parameters } as SeedRow };
}
