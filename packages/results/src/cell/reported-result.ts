/**
 * The part of a result that tables and plots show, in a form that leaves room in memory for a hundred thousand cells. A
 * stored result takes tens of kilobytes, most of them for the curve and the map of the embeddings.
 */

import { settingKey } from '../settings.ts';
import type { WithFacts } from './cell-facts.ts';
import { type CellResult, type Divergence, parseCellResult, type TrainingRecord } from './cell-result.ts';
import type { EmbeddingQuality } from './embedding-quality.ts';
import type { FewShotScore, Score, TransferScore } from './scores.ts';

/** Whole numbers from 0 on, in an array or in as many bytes as they need. */
export type Counts = ArrayLike<number>;

/** What each class has: tested queries or samples, and the correctly classified ones among them. */
export interface ClassCounts {
  readonly classes: readonly string[];
  readonly tested: Counts;
  readonly correct: Counts;
}

/** `perEpisode` holds the number of correctly classified queries of each episode. */
export type ReportedScore = ClassCounts &
  (
    | (Pick<FewShotScore, 'kind' | 'shot' | 'classifier'> & {
        readonly queriesPerEpisode: number;
        readonly perEpisode: Counts;
      })
    | Pick<TransferScore, 'kind' | 'classifier' | 'calibrationError'>
  );

export interface ReportedQuality extends Omit<EmbeddingQuality, 'samples' | 'similarities' | 'map'> {
  readonly similarities: { readonly within: Counts; readonly between: Counts };
  /** Null where the map of another seed is shown; see `mapOfFirstSeed`. */
  map: EmbeddingQuality['map'] | null;
}

export interface ReportedResult {
  readonly scores: readonly ReportedScore[];
  readonly training: Pick<TrainingRecord, 'steps' | 'epochs' | 'positives'> | null;
  readonly quality: ReportedQuality | null;
  readonly diverged?: Divergence | undefined;
}

export interface FinishedCell extends WithFacts {
  readonly key: string;
  readonly result: ReportedResult;
}

/** Parses a stored result as `parseCellResult` does, and keeps the reported part. @throws ResultsError */
export function parseReportedResult(stored: unknown, spec?: unknown): ReportedResult {
  return reportedResult(parseCellResult(stored, spec));
}

export function reportedResult({ scores, training, quality, diverged }: CellResult): ReportedResult {
  return {
    scores: scores.map(packedScore),
    training: training && {
      steps: training.steps,
      epochs: training.epochs,
      positives: training.positives,
    },
    quality: quality && packedQuality(quality),
    ...(diverged && { diverged }),
  };
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
export function reportedAsJson({ scores, training, quality, diverged }: ReportedResult): unknown {
  return {
    ...(diverged && { diverged }),
    scores: scores.map((score) => {
      const counts = { tested: Array.from(score.tested), correct: Array.from(score.correct) };
      return score.kind === 'transfer'
        ? { ...score, ...counts }
        : { ...score, ...counts, perEpisode: Array.from(score.perEpisode) };
    }),
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
  const { scores, training, quality, diverged } = json as ReportedResult;
  return {
    ...(diverged && { diverged }),
    scores: scores.map((score) => {
      const classes = shared(score.classes);
      const counts = { tested: repacked(score.tested), correct: repacked(score.correct) };
      return score.kind === 'transfer'
        ? { ...score, classes, ...counts }
        : { ...score, classes, ...counts, perEpisode: repacked(score.perEpisode) };
    }),
    training,
    quality: quality && {
      ...quality,
      similarities: {
        within: repacked(quality.similarities.within),
        between: repacked(quality.similarities.between),
      },
    },
  };
}

/** Counts from JSON are a list. */
function repacked(counts: Counts): Counts {
  return packed(counts as readonly number[]);
}

function packedScore(score: Score): ReportedScore {
  if (score.kind === 'transfer') {
    const { predicted: _, ...counted } = score;
    return {
      ...counted,
      classes: shared(score.classes),
      correct: packed(score.correct),
      tested: packed(score.tested),
    };
  }
  const { kind, shot, classifier, way, query, drawn } = score;
  const perEpisode = Array.from({ length: drawn.length / way }, () => 0);
  const tested = score.classes.map(() => 0);
  const correct = score.classes.map(() => 0);
  for (const [at, place] of drawn.entries()) {
    perEpisode[Math.floor(at / way)]! += score.correct[at]!;
    tested[place]! += query;
    correct[place]! += score.correct[at]!;
  }
  const counts = { classes: shared(score.classes), tested: packed(tested), correct: packed(correct) };
  return {
    kind,
    shot,
    classifier,
    queriesPerEpisode: way * query,
    perEpisode: packed(perEpisode),
    ...counts,
  };
}

/** The names of a data set's classes stand in every one of its results. */
const known = new Map<string, readonly string[]>();

function shared(classes: readonly string[]): readonly string[] {
  const spelled = JSON.stringify(classes);
  const before = known.get(spelled) ?? classes;
  known.set(spelled, before);
  return before;
}

function packedQuality({ samples: _, similarities, ...quality }: EmbeddingQuality): ReportedQuality {
  const { within, between } = similarities;
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
