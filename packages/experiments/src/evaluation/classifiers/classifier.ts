import type { Episode } from './episode.ts';
import type { EpisodeRows, Precision } from './episode-rows.ts';

/** The names that a suite may give; the registry holds one classifier for each. */
export type FewShotClassifierName = 'cosine' | 'logistic-regression' | 'nearest-centroid';

/** Fits on an episode's support rows and is judged on its query rows. Deterministic; keeps nothing between episodes. */
export interface FewShotClassifier {
  readonly name: FewShotClassifierName;
  /**
   * For each episode the number of queries put into their class, of way · query.
   * @throws RangeError when an episode does not fit the features
   */
  correct(rows: EpisodeRows, episodes: readonly Episode[]): number[];
}

/** Scores of an episode's queries. The largest wins, the first of equal ones. */
export interface QueryScores {
  /** Row-major, shape (way · query, stride), of which the first `way` columns are scores. */
  readonly scores: Float64Array;
  readonly stride: number;
  /** The longest of the vectors that the queries' features are multiplied with. */
  readonly longest: number;
}

/**
 * A classifier from the one thing in which they differ: the scores, inner products with the features of an episode that `rows`
 * have entered. Float32 products decide an episode where they must be right, float64 ones one with a query whose best two are
 * too close for that. So the outcome is that of float64, at half the price.
 */
export function fewShotClassifier(
  name: FewShotClassifierName,
  scores: (rows: EpisodeRows, episode: Episode, precision: Precision) => QueryScores,
): FewShotClassifier {
  return {
    name,
    correct: (rows, episodes) => {
      const error = singleError(rows.features.dim);
      return episodes.map((episode) => {
        rows.enter(episode);
        const single = scores(rows, episode, 'single');
        const { correct, lead } = judge(single, episode);
        if (lead > 2 * error * single.longest) return correct;
        return judge(scores(rows, episode, 'double'), episode).correct;
      });
    },
  };
}

/**
 * How far a float32 inner product of two vectors may be from the true one, by the product of their lengths: each of four sums
 * has dim / 4 terms (Higham 2002, section 3.1), of rounded factors; sixteen more roundings are ample for what joins them.
 */
export function singleError(dim: number): number {
  return (Math.ceil(dim / 4) + 16) * 2 ** -24;
}

/** How many queries are right, and the least by which a query's own class leads the best other or trails it. */
function judge(
  { scores, stride }: QueryScores,
  { way, query, queries }: Episode,
): { readonly correct: number; readonly lead: number } {
  let correct = 0;
  let lead = Number.POSITIVE_INFINITY;
  for (let row = 0; row < queries.length; row++) {
    const start = row * stride;
    const own = start + Math.floor(row / query);
    let earlier = Number.NEGATIVE_INFINITY;
    let later = Number.NEGATIVE_INFINITY;
    for (let at = start; at < own; at++) if (scores[at]! > earlier) earlier = scores[at]!;
    for (let at = own + 1; at < start + way; at++) if (scores[at]! > later) later = scores[at]!;
    const score = scores[own]!;
    if (score > earlier && score >= later) correct++;
    lead = Math.min(lead, Math.abs(score - Math.max(earlier, later)));
  }
  return { correct, lead };
}
