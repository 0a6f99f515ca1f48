/** The synthetic episodes of fixtures/episodes.json, with scikit-learn's and NumPy's answers (fixtures/generate.py). */
import { readFileSync } from 'node:fs';
import type { Episode } from '../evaluation/classifiers/episode.ts';
import { EpisodeRows } from '../evaluation/classifiers/episode-rows.ts';

export interface FixtureEpisode {
  readonly episode: Episode;
  /** Row-major, shape (rows, dim). */
  readonly features: Float32Array;
  /** The same features, with room for the episode. */
  readonly rows: EpisodeRows;
  readonly logisticRegression: {
    readonly predictions: readonly number[];
    readonly probabilities: readonly (readonly number[])[];
    readonly logits: readonly (readonly number[])[];
  };
  readonly nearestCentroid: {
    readonly predictions: readonly number[];
    readonly cosines: readonly (readonly number[])[];
  };
}

interface StoredEpisode extends Pick<FixtureEpisode, 'logisticRegression' | 'nearestCentroid'> {
  readonly way: number;
  readonly shot: number;
  readonly query: number;
  readonly support: readonly number[];
  readonly queries: readonly number[];
  readonly features: readonly number[];
}

const stored: { readonly dim: number; readonly episodes: readonly StoredEpisode[] } = JSON.parse(
  readFileSync(new URL('../evaluation/classifiers/fixtures/episodes.json', import.meta.url), 'utf8'),
);

export const dim = stored.dim;

export const fixtureEpisodes: readonly FixtureEpisode[] = stored.episodes.map(
  ({ way, shot, query, support, queries, features: values, ...answers }) => {
    const episode = {
      way,
      shot,
      query,
      support: Int32Array.from(support),
      queries: Int32Array.from(queries),
    };
    const features = Float32Array.from(values);
    return { episode, features, rows: rowsOf(features, dim, episode), ...answers };
  },
);

/** Rows of the features, with room for an episode of this shape. */
export function rowsOf(values: Float32Array, width: number, { support, queries }: Episode): EpisodeRows {
  return new EpisodeRows({ values, dim: width }, { support: support.length, queries: queries.length });
}

/** The number of correct predictions of each class; they are class-major, like the queries. */
export function correctOf(predictions: readonly number[], query: number): number[] {
  return Array.from(
    { length: predictions.length / query },
    (_, k) => predictions.slice(k * query, (k + 1) * query).filter((label) => label === k).length,
  );
}
