/** What a table shows of a cell: named figures in percent, each by a shot and a classifier where it has them. */
import type { CellResult, Score } from './run-cell.ts';

export interface Measurement {
  readonly measure: Measure;
  readonly shot: number | null;
  readonly classifier: string;
  readonly value: number;
  /** The figure of each episode, in order; empty where there are none. Their mean is the value. */
  readonly episodes: readonly number[];
}

/** `accuracy`: of all queries or tested samples (top-1). `class-accuracy`: mean over the classes. */
export const measures = ['accuracy', 'class-accuracy'] as const;
export type Measure = (typeof measures)[number];

export function measurementsOf({ scores }: CellResult): Measurement[] {
  return scores.flatMap(measurementsOfScore);
}

function measurementsOfScore(score: Score): Measurement[] {
  const { classifier, correct } = score;
  if (score.kind === 'few-shot') {
    const { shot, queriesPerEpisode } = score;
    const value = percent(sum(correct), correct.length * queriesPerEpisode);
    const episodes = correct.map((count) => percent(count, queriesPerEpisode));
    return [{ measure: 'accuracy', shot, classifier, value, episodes }];
  }
  const { tested } = score;
  const byClass = correct.flatMap((count, k) => (tested[k]! > 0 ? [percent(count, tested[k]!)] : []));
  const common = { shot: null, classifier, episodes: [] };
  return [
    { measure: 'accuracy', ...common, value: percent(sum(correct), sum(tested)) },
    { measure: 'class-accuracy', ...common, value: sum(byClass) / byClass.length },
  ];
}

function percent(part: number, whole: number): number {
  return (100 * part) / whole;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
