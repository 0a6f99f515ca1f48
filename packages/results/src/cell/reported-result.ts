/**
 * The part of a result that tables and plots show, in a form that leaves room in memory for a hundred thousand cells. A
 * stored result takes tens of kilobytes, most of them for the curve and the map of the embeddings.
 */

import { settingKey } from '../settings.ts';
import type { WithFacts } from './cell-facts.ts';
import { parseCellResult, type TrainingRecord } from './cell-result.ts';
import type { EmbeddingQuality } from './embedding-quality.ts';
import type { FewShotScore, Score, TransferScore } from './scores.ts';

/** Whole numbers from 0 on, in an array or in as many bytes as they need. */
export type Counts = ArrayLike<number>;

export type ReportedScore =
  | (Omit<FewShotScore, 'correct'> & { readonly correct: Counts })
  | (Omit<TransferScore, 'correct' | 'tested'> & { readonly correct: Counts; readonly tested: Counts });

export interface ReportedQuality extends Omit<EmbeddingQuality, 'samples' | 'similarities' | 'map'> {
  readonly similarities: { readonly within: Counts; readonly between: Counts };
  /** Null where the map of another seed is shown; see `mapOfFirstSeed`. */
  map: EmbeddingQuality['map'] | null;
}

/** A `CellResult` is one, too. */
export interface ReportedResult {
  readonly scores: readonly ReportedScore[];
  readonly training: Pick<TrainingRecord, 'positives'> | null;
  readonly quality: ReportedQuality | null;
}

export interface FinishedCell extends WithFacts {
  readonly key: string;
  readonly result: ReportedResult;
}

/** Parses a stored result as `parseCellResult` does, and keeps the reported part. @throws ResultsError */
export function parseReportedResult(stored: unknown, spec?: unknown): ReportedResult {
  const { scores, training, quality } = parseCellResult(stored, spec);
  return {
    scores: scores.map(packedScore),
    training: training && { positives: training.positives },
    quality: quality && packedQuality(quality),
  };
}

/**
 * Forgets the maps that no plot shows. The result of each finished cell is passed once, in any order. The plot of a setting
 * shows the first seed of the plan that has a map, so the other maps of the setting are dropped.
 */
export function mapOfFirstSeed<C extends WithFacts & { readonly key: string }>(
  plan: readonly C[],
): (cell: C, result: ReportedResult) => void {
  const places = new Map(plan.map(({ key }, place) => [key, place]));
  const shown = new Map<string, { readonly place: number; readonly quality: ReportedQuality }>();
  return ({ key, facts }, { quality }) => {
    if (quality === null) return;
    const setting = settingKey(facts);
    const place = places.get(key)!;
    const before = shown.get(setting);
    if (before !== undefined && before.place < place) quality.map = null;
    else {
      if (before !== undefined) before.quality.map = null;
      shown.set(setting, { place, quality });
    }
  };
}

function packedScore(score: Score): ReportedScore {
  const correct = packed(score.correct);
  return score.kind === 'few-shot'
    ? { ...score, correct }
    : { ...score, correct, tested: packed(score.tested) };
}

function packedQuality({ samples: _, similarities, ...quality }: EmbeddingQuality): ReportedQuality {
  const { within, between } = similarities;
  return { ...quality, similarities: { within: packed(within), between: packed(between) } };
}

/** Counts of a few entries need less memory as they are. */
const FEW = 16;

function packed(counts: readonly number[]): Counts {
  if (counts.length <= FEW) return counts;
  const most = counts.reduce((one, other) => Math.max(one, other), 0);
  if (most < 256) return Uint8Array.from(counts);
  if (most < 65_536) return Uint16Array.from(counts);
  return counts;
}
