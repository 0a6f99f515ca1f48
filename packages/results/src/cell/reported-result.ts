/**
 * The part of a result that tables and plots show, in a form that leaves room in memory for a hundred thousand cells. A
 * stored result takes tens of kilobytes, most of them for the curve and the map of the embeddings.
 */

import { settingKey } from '../settings.ts';
import type { WithFacts } from './cell-facts.ts';
import { type CellResult, parseCellResult, type TrainingRecord } from './cell-result.ts';
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
    quality: quality && packedQuality(withoutSamples(quality)),
  };
}

function withoutSamples({ samples: _, ...quality }: EmbeddingQuality): Omit<EmbeddingQuality, 'samples'> {
  return quality;
}

/** The maps that plots show. */
export interface ShownMaps {
  /** Whether a plot may show the map of this cell, by the results so far. */
  readonly mayShow: (key: string) => boolean;
  /** Forgets the maps that no plot shows. */
  readonly forget: (key: string, result: ReportedResult) => void;
}

/**
 * The plot of a setting shows the first seed of the plan that has a map, so the other maps of the setting are dropped. The
 * result of each finished cell is passed once, in any order.
 */
export function mapOfFirstSeed(plan: readonly (WithFacts & { readonly key: string })[]): ShownMaps {
  const places = new Map(plan.map(({ key, facts }, place) => [key, { place, setting: settingKey(facts) }]));
  const shown = new Map<string, { readonly place: number; readonly quality: ReportedQuality }>();
  const isLater = ({ place, setting }: { readonly place: number; readonly setting: string }) =>
    (shown.get(setting)?.place ?? Number.POSITIVE_INFINITY) < place;
  return {
    mayShow(key) {
      const cell = places.get(key);
      return cell !== undefined && !isLater(cell);
    },
    forget(key, { quality }) {
      if (quality === null) return;
      const cell = places.get(key)!;
      if (isLater(cell)) quality.map = null;
      else {
        const before = shown.get(cell.setting);
        if (before !== undefined) before.quality.map = null;
        shown.set(cell.setting, { place: cell.place, quality });
      }
    },
  };
}

/** A reported result without its map, as JSON. */
export function reportedAsJson({ scores, training, quality }: ReportedResult): unknown {
  return {
    scores: scores.map((score) =>
      score.kind === 'few-shot'
        ? { ...score, correct: Array.from(score.correct) }
        : { ...score, correct: Array.from(score.correct), tested: Array.from(score.tested) },
    ),
    training,
    quality: quality && {
      ...quality,
      similarities: {
        within: Array.from(quality.similarities.within),
        between: Array.from(quality.similarities.between),
      },
      map: null,
    },
  };
}

/** Reads what `reportedAsJson` gave. */
export function reportedFromJson(json: unknown): ReportedResult {
  const { scores, training, quality } = json as CellResult;
  return { scores: scores.map(packedScore), training, quality: quality && packedQuality(quality) };
}

function packedScore(score: Score): ReportedScore {
  const correct = packed(score.correct);
  return score.kind === 'few-shot'
    ? { ...score, correct }
    : { ...score, correct, tested: packed(score.tested) };
}

function packedQuality({
  similarities: { within, between },
  ...quality
}: Omit<EmbeddingQuality, 'samples'>): ReportedQuality {
  return { ...quality, similarities: { within: packed(within), between: packed(between) } };
}

/** Counts of a few entries need less memory as they are. */
const FEW = 16;

function packed(counts: readonly number[]): Counts {
  if (counts.length <= FEW) return counts;
  let most = 0;
  for (const count of counts) if (count > most) most = count;
  if (most < 256) return new Uint8Array(counts);
  if (most < 65_536) return new Uint16Array(counts);
  return counts;
}
