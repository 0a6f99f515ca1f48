/** The figures of a cell in a table. Each has a measure and, where they apply, a shot and a classifier. */

import type { Counts, ReportedQuality, ReportedResult, ReportedScore } from './cell/reported-result.ts';

export interface Measurement {
  readonly measure: Measure;
  readonly shot: number | null;
  /** Empty if the measure involves no classifier. */
  readonly classifier: string;
  readonly value: number;
  /**
   * The figure of each episode, in order; empty without episodes. Their mean is the value. A function, because the figures
   * of all cells of a large suite do not fit into memory together.
   */
  readonly episodes: () => readonly number[];
}

/**
 * Shares are in percent. Isotropy, alignment, uniformity and silhouette follow their papers' definitions
 * (docs/embedding-quality.md).
 *
 * - `accuracy`: top-1 accuracy over all queries or tested samples.
 * - `class-accuracy`: mean of the classes' accuracies.
 * - `calibration-error`: expected calibration error of the head's confidences.
 * - The other measures describe the embeddings.
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

export function measurementsOf({ scores, quality }: ReportedResult): Measurement[] {
  return [
    ...scores.flatMap(measurementsOfScore),
    ...(quality === null ? [] : measurementsOfQuality(quality)),
  ];
}

function measurementsOfScore(score: ReportedScore): Measurement[] {
  const { classifier, correct, tested } = score;
  if (score.kind === 'few-shot') {
    const { shot, queriesPerEpisode, perEpisode } = score;
    const value = percent(sum(correct), sum(tested));
    const episodes = () => Array.from(perEpisode, (count) => percent(count, queriesPerEpisode));
    return [{ measure: 'accuracy', shot, classifier, value, episodes }];
  }
  const { calibrationError } = score;
  const byClass = Array.from(correct).flatMap((count, k) =>
    tested[k]! > 0 ? [percent(count, tested[k]!)] : [],
  );
  const common = { shot: null, classifier, episodes: noEpisodes };
  return [
    { measure: 'accuracy', ...common, value: percent(sum(correct), sum(tested)) },
    { measure: 'class-accuracy', ...common, value: sum(byClass) / byClass.length },
    ...(calibrationError === undefined
      ? []
      : [{ measure: 'calibration-error' as const, ...common, value: 100 * calibrationError }]),
  ];
}

function measurementsOfQuality(quality: ReportedQuality): Measurement[] {
  const { recallAt1, mapAtR, silhouette, alignment, uniformity, isotropy } = quality;
  const values: [Measure, number][] = [
    ['recall-at-1', 100 * recallAt1],
    ['map-at-r', 100 * mapAtR],
    ['silhouette', silhouette],
    ['alignment', alignment],
    ['uniformity', uniformity],
    ['isotropy', isotropy],
  ];
  return values.map(([measure, value]) => ({
    measure,
    shot: null,
    classifier: '',
    value,
    episodes: noEpisodes,
  }));
}

function noEpisodes(): readonly number[] {
  return [];
}

function percent(part: number, whole: number): number {
  return (100 * part) / whole;
}

function sum(values: Counts): number {
  let total = 0;
  for (let at = 0; at < values.length; at++) total += values[at]!;
  return total;
}
