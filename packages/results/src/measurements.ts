/** What a table shows of a cell: named figures, each by a shot and a classifier where it has them. */

import type { CellResult } from './cell-result.ts';
import type { EmbeddingQuality } from './embedding-quality.ts';
import type { Score } from './scores.ts';

export interface Measurement {
  readonly measure: Measure;
  readonly shot: number | null;
  /** Empty for what no classifier has a part in. */
  readonly classifier: string;
  readonly value: number;
  /** The figure of each episode, in order; empty where there are none. Their mean is the value. */
  readonly episodes: readonly number[];
}

/**
 * Shares are in percent; isotropy, alignment, uniformity and silhouette are as their papers define them
 * (docs/embedding-quality.md).
 *
 * - `accuracy`: of all queries or tested samples (top-1). `class-accuracy`: mean over the classes.
 * - `calibration-error`: of the head's confidences.
 * - the others: of the embeddings themselves.
 */
export const measures = [
  'accuracy',
  'class-accuracy',
  'calibration-error',
  'recall-at-1',
  'map-at-r',
  'silhouette',
  'alignment',
  'uniformity',
  'isotropy',
] as const;
export type Measure = (typeof measures)[number];

export function measurementsOf({ scores, quality }: CellResult): Measurement[] {
  return [
    ...scores.flatMap(measurementsOfScore),
    ...(quality === null ? [] : measurementsOfQuality(quality)),
  ];
}

function measurementsOfScore(score: Score): Measurement[] {
  const { classifier, correct } = score;
  if (score.kind === 'few-shot') {
    const { shot, queriesPerEpisode } = score;
    const value = percent(sum(correct), correct.length * queriesPerEpisode);
    const episodes = correct.map((count) => percent(count, queriesPerEpisode));
    return [{ measure: 'accuracy', shot, classifier, value, episodes }];
  }
  const { tested, calibrationError } = score;
  const byClass = correct.flatMap((count, k) => (tested[k]! > 0 ? [percent(count, tested[k]!)] : []));
  const common = { shot: null, classifier, episodes: [] };
  return [
    { measure: 'accuracy', ...common, value: percent(sum(correct), sum(tested)) },
    { measure: 'class-accuracy', ...common, value: sum(byClass) / byClass.length },
    ...(calibrationError === undefined
      ? []
      : [{ measure: 'calibration-error' as const, ...common, value: 100 * calibrationError }]),
  ];
}

function measurementsOfQuality(quality: EmbeddingQuality): Measurement[] {
  const { recallAt1, mapAtR, silhouette, alignment, uniformity, isotropy } = quality;
  const values: [Measure, number][] = [
    ['recall-at-1', 100 * recallAt1],
    ['map-at-r', 100 * mapAtR],
    ['silhouette', silhouette],
    ['alignment', alignment],
    ['uniformity', uniformity],
    ['isotropy', isotropy],
  ];
  return values.map(([measure, value]) => ({ measure, shot: null, classifier: '', value, episodes: [] }));
}

function percent(part: number, whole: number): number {
  return (100 * part) / whole;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
