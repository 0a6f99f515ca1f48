/**
 * Does a figure rise with the batch size, and faster than with the reference loss? For each method the table has the slope
 * over log₂(batch size), in units of the measure per doubling. It fits one line per seed and takes Student's t interval of
 * the seeds' slopes. It does the same for the differences to the reference, paired by seed and batch size.
 */
import { doublingTrend } from '@clce/statistics';
import { csvOf } from '@clce/text';
import type { FinishedCell } from '../cell/reported-result.ts';
import { type Measure, measurementsOf } from '../measurements.ts';
import { boundsOf } from './bounds.ts';
import { type LossColumns, lossColumnsOf, withParameters } from './loss-columns.ts';

export interface TrendRow extends LossColumns {
  readonly dataset: string;
  readonly backbone: string;
  readonly loss: string;
  readonly shot: number | null;
  readonly classifier: string;
  readonly measure: Measure;
  readonly batch_sizes: number;
  readonly seeds: number;
  /** Units of the measure per doubling of the batch, mean over seeds, with the 95 % interval from two seeds on. */
  readonly slope: number;
  readonly slope_lower: number | null;
  readonly slope_upper: number | null;
  readonly reference: string | null;
  /** Slope of the differences to the reference; null for the reference itself. */
  readonly difference: number | null;
  readonly difference_lower: number | null;
  readonly difference_upper: number | null;
}

const COLUMNS: readonly (keyof TrendRow)[] = [
  'dataset',
  'backbone',
  'loss',
  'loss_name',
  'shot',
  'classifier',
  'measure',
  'batch_sizes',
  'seeds',
  'slope',
  'slope_lower',
  'slope_upper',
  'reference',
  'difference',
  'difference_lower',
  'difference_upper',
];

/**
 * One row per method and measurement with at least two batch sizes. Seeds with only one batch size are dropped.
 *
 * @param reference the method with which the other methods are compared
 */
export function trendTable(cells: readonly FinishedCell[], reference: string): TrendRow[] {
  const series = new Map<string, Series>();
  for (const { facts, result } of cells) {
    if (facts.kind !== 'training') continue;
    const { dataset, backbone, loss } = facts;
    const columns = lossColumnsOf(facts);
    const ofCell = keyOfCell({ dataset, backbone, loss });
    for (const { measure, shot, classifier, value } of measurementsOf(result)) {
      const key = keyWithin(ofCell, { shot, classifier, measure });
      const { bySeed } =
        series.get(key) ??
        series
          .set(key, {
            of: { dataset, backbone, loss, ...columns, shot, classifier, measure },
            bySeed: new Map(),
          })
          .get(key)!;
      const points = bySeed.get(facts.seed);
      if (points === undefined) bySeed.set(facts.seed, [{ batchSize: facts.batchSize, value }]);
      else points.push({ batchSize: facts.batchSize, value });
    }
  }
  return [...series.values()].flatMap(({ of, bySeed }) => {
    const seeds = trendable(bySeed);
    if (seeds.length === 0) return [];
    const slope = doublingTrend(seeds);
    const other = of.loss === reference ? undefined : series.get(keyOf({ ...of, loss: reference }));
    const differences = other === undefined ? [] : trendable(differencesOf(bySeed, other.bySeed));
    const difference = differences.length === 0 ? undefined : doublingTrend(differences);
    const [slope_lower, slope_upper] = boundsOf(slope);
    const [difference_lower, difference_upper] = boundsOf(difference);
    return [
      {
        ...of,
        batch_sizes: new Set(seeds.flat().map(({ batchSize }) => batchSize)).size,
        seeds: seeds.length,
        slope: slope.mean!,
        slope_lower,
        slope_upper,
        reference: difference === undefined ? null : reference,
        difference: difference?.mean ?? null,
        difference_lower,
        difference_upper,
      },
    ];
  });
}

/** The rows as CSV (RFC 4180) with full precision; missing figures are empty. */
export function trendCsv(rows: readonly TrendRow[]): string {
  return csvOf(withParameters(COLUMNS, rows), rows);
}

type SeriesSetting = Pick<TrendRow, 'dataset' | 'backbone' | 'loss' | 'shot' | 'classifier' | 'measure'>;

interface Point {
  readonly batchSize: number;
  readonly value: number;
}

interface Series {
  readonly of: SeriesSetting & LossColumns;
  readonly bySeed: Map<number, Point[]>;
}

function keyOf(setting: SeriesSetting): string {
  return keyWithin(keyOfCell(setting), setting);
}

/** Once for the many measurements of a cell. */
function keyOfCell({
  dataset,
  backbone,
  loss,
}: Pick<SeriesSetting, 'dataset' | 'backbone' | 'loss'>): string {
  return JSON.stringify([dataset, backbone, loss]);
}

function keyWithin(
  ofCell: string,
  { shot, classifier, measure }: Pick<SeriesSetting, 'shot' | 'classifier' | 'measure'>,
): string {
  return `${ofCell} ${shot} ${measure} ${classifier}`;
}

/** The points of each seed with at least two batch sizes. */
function trendable(bySeed: ReadonlyMap<number, readonly Point[]>): (readonly Point[])[] {
  return [...bySeed.values()].filter((points) => new Set(points.map(({ batchSize }) => batchSize)).size > 1);
}

/** Our values minus theirs, at the seeds and batch sizes of both. */
function differencesOf(ours: Series['bySeed'], theirs: Series['bySeed']): Map<number, readonly Point[]> {
  return new Map(
    [...ours].map(([seed, points]) => {
      const others = new Map(theirs.get(seed)?.map(({ batchSize, value }) => [batchSize, value]));
      const both = points.flatMap(({ batchSize, value }) => {
        const other = others.get(batchSize);
        return other === undefined ? [] : [{ batchSize, value: value - other }];
      });
      return [seed, both];
    }),
  );
}
