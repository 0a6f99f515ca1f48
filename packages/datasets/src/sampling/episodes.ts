import { DatasetError } from '../errors.ts';
import { counterRandom, RandomOperation } from './random.ts';

/**
 * One few-shot task: labelled support samples, and queries to classify.
 *
 * Rows are class-major, so labels need not be stored: row j of class k is at k · shot + j in `support` and at
 * k · query + j in `queries`.
 */
export interface Episode {
  /** Class indices, in drawn order; shape (way). */
  readonly classes: readonly number[];
  readonly way: number;
  /** Support samples per class. */
  readonly shot: number;
  /** Queries per class. */
  readonly query: number;
  /** Rows of samples; shape (way · shot). */
  readonly support: Int32Array;
  /** Rows of samples; shape (way · query). */
  readonly queries: Int32Array;
}

export interface EpisodeOptions {
  /** Label of every row of the data set. */
  labels: ArrayLike<number>;
  /** Classes to draw from, such as `dataset.split.novel`. */
  classes: readonly number[];
  /** Names for error messages. */
  classNames?: readonly string[];
  way: number;
  shot: number;
  /** Queries per class. */
  query: number;
  count: number;
  seed: number;
}

/**
 * Draws episodes, without replacement inside an episode. Episode i depends only on the options and on i. So the same seed
 * gives every loss the same episodes, and a larger count only appends episodes.
 *
 * @throws {DatasetError} if there are fewer than `way` classes, or a class has fewer than `shot + query` samples
 */
export function sampleEpisodes(options: EpisodeOptions): Episode[] {
  const { classes, way, shot, query, count, seed } = options;
  for (const [name, value] of Object.entries({ way, shot, query, count })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new DatasetError(`Episodes need a whole number of at least 1 for ${name}, not ${value}.`);
    }
  }
  const rowsByClass = rowsOfClasses(options);
  const random = counterRandom(seed);
  return Array.from({ length: count }, (_, episode) => {
    const drawn = drawDistinct(classes, way, (bound, slot) =>
      random.below(bound, RandomOperation.episodeClasses, episode, slot),
    );
    const support = new Int32Array(way * shot);
    const queries = new Int32Array(way * query);
    drawn.forEach((label, k) => {
      const rows = drawDistinct(rowsByClass.get(label)!, shot + query, (bound, slot) =>
        random.below(bound, RandomOperation.episodeSamples, episode, k * (shot + query) + slot),
      );
      support.set(rows.slice(0, shot), k * shot);
      queries.set(rows.slice(shot), k * query);
    });
    return { classes: drawn, way, shot, query, support, queries };
  });
}

function rowsOfClasses(options: EpisodeOptions): Map<number, number[]> {
  const { labels, classes, classNames, way, shot, query } = options;
  const rowsByClass = new Map<number, number[]>(classes.map((label) => [label, []]));
  if (rowsByClass.size < way) {
    throw new DatasetError(`${way}-way episodes need ${way} classes, but there are ${rowsByClass.size}.`);
  }
  for (let row = 0; row < labels.length; row++) rowsByClass.get(labels[row]!)?.push(row);
  for (const [label, rows] of rowsByClass) {
    if (rows.length < shot + query) {
      throw new DatasetError(
        `Class ${classNames?.[label] ?? label} has ${rows.length} samples, but ${shot}-shot episodes with ` +
          `${query} queries a class need ${shot + query}; ask for fewer queries, fewer shots or fewer folds.`,
      );
    }
  }
  return rowsByClass;
}

/** The first `count` elements of a Fisher–Yates shuffle. */
function drawDistinct(
  from: readonly number[],
  count: number,
  below: (bound: number, slot: number) => number,
): number[] {
  const pool = [...from];
  for (let slot = 0; slot < count; slot++) {
    const chosen = slot + below(pool.length - slot, slot);
    const displaced = pool[slot]!;
    pool[slot] = pool[chosen]!;
    pool[chosen] = displaced;
  }
  return pool.slice(0, count);
}
