/**
 * Does a figure rise with the batch size? For each method the slope over log₂(batch size): points a doubling, a line for
 * each seed, and Student's t interval over the seeds' slopes.
 */
import { doublingTrend } from '@clce/statistics';
import { stringify } from 'csv-stringify/sync';
import { type Measure, measurementsOf } from './measurements.ts';
import type { FinishedCell } from './results-table.ts';

export interface TrendRow {
  readonly dataset: string;
  readonly backbone: string;
  readonly loss: string;
  readonly shot: number | null;
  readonly classifier: string;
  readonly measure: Measure;
  readonly batch_sizes: number;
  readonly seeds: number;
  /** In the unit of the measure, for each doubling of the batch, mean over seeds, with its 95 % interval where it has one. */
  readonly slope: number;
  readonly slope_lower: number | null;
  readonly slope_upper: number | null;
}

const COLUMNS: readonly (keyof TrendRow)[] = [
  'dataset',
  'backbone',
  'loss',
  'shot',
  'classifier',
  'measure',
  'batch_sizes',
  'seeds',
  'slope',
  'slope_lower',
  'slope_upper',
];

/** A row for each method and measurement that was taken at two batch sizes or more; seeds with fewer are left out. */
export function trendTable(cells: readonly FinishedCell[]): TrendRow[] {
  const series = new Map<string, Series>();
  for (const { spec, method, result } of cells) {
    if (spec.kind !== 'training') continue;
    for (const { measure, shot, classifier, value } of measurementsOf(result)) {
      const of = {
        dataset: spec.dataset.name,
        backbone: spec.backbone,
        loss: method,
        shot,
        classifier,
        measure,
      };
      const key = JSON.stringify(of);
      const { bySeed } = series.get(key) ?? series.set(key, { of, bySeed: new Map() }).get(key)!;
      bySeed.set(spec.seed, [...(bySeed.get(spec.seed) ?? []), { batchSize: spec.batchSize, value }]);
    }
  }
  return [...series.values()].flatMap(({ of, bySeed }) => {
    const seeds = [...bySeed.values()].filter(
      (points) => new Set(points.map(({ batchSize }) => batchSize)).size > 1,
    );
    if (seeds.length === 0) return [];
    const slope = doublingTrend(seeds);
    return [
      {
        ...of,
        batch_sizes: new Set(seeds.flat().map(({ batchSize }) => batchSize)).size,
        seeds: seeds.length,
        slope: slope.mean!,
        slope_lower: slope.kind === 'interval' ? slope.lower : null,
        slope_upper: slope.kind === 'interval' ? slope.upper : null,
      },
    ];
  });
}

/** RFC 4180, full precision, empty where a figure does not exist. */
export function trendCsv(rows: readonly TrendRow[]): string {
  return stringify([...rows], { header: true, columns: [...COLUMNS] });
}

type Labels = Omit<TrendRow, 'batch_sizes' | 'seeds' | 'slope' | 'slope_lower' | 'slope_upper'>;

interface Series {
  readonly of: Labels;
  readonly bySeed: Map<number, { batchSize: number; value: number }[]>;
}
