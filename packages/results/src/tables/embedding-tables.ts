/** Tables of the embeddings: similarities of pairs, and positions on a plane. */
import { mean } from '@clce/statistics';
import { csvOf } from '@clce/text';
import type { TrainingFacts } from '../cell/cell-facts.ts';
import type { EvaluatedOn } from '../cell/evaluated-on.ts';
import type { Counts, FinishedCell, ReportedQuality } from '../cell/reported-result.ts';
import { groupBySetting, type RunCounts, runCounts } from '../settings.ts';
import { type LossColumns, lossColumnsOf, withParameters } from './loss-columns.ts';

interface TrainedSetting extends LossColumns {
  readonly dataset: string;
  readonly backbone: string;
  readonly loss: string;
  readonly batch_size: number;
  /** What the embeddings are of. */
  readonly evaluated_on: EvaluatedOn;
}

export interface SimilarityRow extends TrainedSetting, RunCounts {
  /** Whether the pairs of samples share their class. */
  readonly pairs: 'within class' | 'between classes';
  /** Ends of a bin of the cosine. */
  readonly lower: number;
  readonly upper: number;
  /** Percent of the pairs in the bin, mean over the runs: over seeds, and over folds where there are any. */
  readonly share: number;
}

export interface MapRow extends TrainedSetting {
  readonly seed: number;
  readonly class: string;
  readonly x: number;
  readonly y: number;
  /** First twelve digits of the cell's key. */
  readonly cell: string;
}

const SETTING = ['dataset', 'backbone', 'loss', 'loss_name', 'batch_size', 'evaluated_on'] as const;
const SIMILARITY_COLUMNS: readonly (keyof SimilarityRow)[] = [
  ...SETTING,
  'pairs',
  'lower',
  'upper',
  'share',
  'seeds',
  'folds',
];
const MAP_COLUMNS: readonly (keyof MapRow)[] = [...SETTING, 'seed', 'class', 'x', 'y', 'cell'];

/** Two histograms per setting: pairs within a class, and pairs between classes. */
export function similarityTable(cells: readonly FinishedCell[]): SimilarityRow[] {
  return settingsWithQuality(cells).flatMap(({ setting, runs }) => {
    const counts = runCounts(runs);
    const histogram = (pairs: SimilarityRow['pairs'], of: (quality: ReportedQuality) => Counts) => {
      const shares = runs.map(({ quality }) => inPercent(of(quality)));
      return shares[0]!.map((_, bin, { length }) => ({
        ...setting,
        pairs,
        lower: (2 * bin) / length - 1,
        upper: (2 * (bin + 1)) / length - 1,
        share: mean(shares.map((run) => run[bin]!)),
        ...counts,
      }));
    };
    return [
      ...histogram('within class', ({ similarities }) => similarities.within),
      ...histogram('between classes', ({ similarities }) => similarities.between),
    ];
  });
}

/** The positions on the plane, for the first seed of each setting that has them. */
export function embeddingMapTable(cells: readonly FinishedCell[]): MapRow[] {
  return settingsWithQuality(cells).flatMap(({ setting, runs }) => {
    const shown = runs.find(({ quality }) => quality.map !== null);
    if (shown === undefined) return [];
    const { facts, key, quality } = shown;
    const { classes, points } = quality.map!;
    return points.map(([place, x, y]) => ({
      ...setting,
      seed: facts.seed,
      class: classes[place]!,
      x,
      y,
      cell: key.slice(0, 12),
    }));
  });
}

/** RFC 4180, full precision. */
export function similarityCsv(rows: readonly SimilarityRow[]): string {
  return csvOf(withParameters(SIMILARITY_COLUMNS, rows), rows);
}

/** RFC 4180, full precision. */
export function embeddingMapCsv(rows: readonly MapRow[]): string {
  return csvOf(withParameters(MAP_COLUMNS, rows), rows);
}

interface Run {
  readonly key: string;
  readonly facts: TrainingFacts;
  readonly quality: ReportedQuality;
}

function settingsWithQuality(cells: readonly FinishedCell[]): { setting: TrainedSetting; runs: Run[] }[] {
  return [...groupBySetting(cells).values()].flatMap((group) => {
    const runs = group.flatMap(({ key, facts, result: { quality } }) =>
      facts.kind === 'training' && quality !== null ? [{ key, facts, quality }] : [],
    );
    if (runs.length === 0) return [];
    const { facts } = runs[0]!;
    const { dataset, backbone, loss, batchSize: batch_size, evaluatedOn: evaluated_on } = facts;
    const setting = { dataset, backbone, loss, batch_size, evaluated_on, ...lossColumnsOf(facts) };
    return [{ setting, runs }];
  });
}

function inPercent(counts: Counts): number[] {
  const list = Array.from(counts);
  const total = list.reduce((sum, count) => sum + count, 0);
  return list.map((count) => (100 * count) / total);
}
