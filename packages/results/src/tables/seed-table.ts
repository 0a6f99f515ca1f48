/**
 * Every single measurement: one row per training run × shot × classifier × measure. The table of a suite holds means; these
 * rows allow a comparison of any two methods, paired by seed.
 */
import { csvOf } from '@clce/text';
import { z } from 'zod';
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
const figureOrNone = z.union([z.literal('').transform(() => null), figure]);
const text = z.string().min(1);

/** A row as spelled in a CSV file. The entries are the columns, in order. */
const seedRow = z.strictObject({
  dataset: text,
  image_size: figure,
  backbone: text,
  /** `random`, or the first twelve digits of the SHA-256 of the file of pretrained weights. */
  weights: text,
  loss: text,
  batch_size: figure,
  seed: figure,
  protocol: z.enum(['few-shot', 'transfer']),
  way: figureOrNone,
  shot: figureOrNone,
  classifier: z.string(),
  measure: z.enum(measures),
  /** In the unit of the measure. */
  value: figure,
  /** First twelve digits of the cell's key. */
  cell: text,
});

export type SeedRow = z.output<typeof seedRow>;

/** @param cells finished cells of one preset. Baselines without training have no seed and get no rows */
export function seedTable(cells: readonly FinishedCell[]): SeedRow[] {
  return cells.flatMap(({ key, facts, result }) =>
    facts.kind !== 'training'
      ? []
      : measurementsOf(result).map(({ shot, classifier, measure, value }) => ({
          dataset: facts.dataset,
          image_size: facts.imageSize,
          backbone: facts.backbone,
          weights: weightsColumn(facts.weights),
          loss: facts.loss,
          batch_size: facts.batchSize,
          seed: facts.seed,
          protocol: facts.protocol,
          way: facts.way,
          shot,
          classifier,
          measure,
          value,
          cell: key.slice(0, 12),
        })),
  );
}

/** The rows as CSV (RFC 4180) with full precision; missing figures are empty. */
export function seedCsv(rows: readonly SeedRow[]): string {
  return csvOf(Object.keys(seedRow.shape) as (keyof SeedRow)[], rows);
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
