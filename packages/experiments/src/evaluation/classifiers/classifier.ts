import type { Episode } from './episode.ts';
import type { EpisodeRows, Precision } from './episode-rows.ts';

/** Names of few-shot classifiers in suites. The registry holds one classifier for each name. */
export type FewShotClassifierName = 'cosine' | 'logistic-regression' | 'nearest-centroid';

/** A classifier that fits on an episode's support rows and predicts its query rows. It is deterministic and stateless. */
export interface FewShotClassifier {
  readonly name: FewShotClassifierName;
  /**
   * For each class of each episode, the number of correctly classified queries, out of `query`; shape (episodes, way).
   * @throws RangeError when an episode does not fit the features
   */
  correct(rows: EpisodeRows, episodes: readonly Episode[]): number[];
}

/** Scores of an episode's queries. The class with the largest score wins; of equal scores, the first one. */
export interface QueryScores {
  /** Row-major, shape (way · query, stride). Only the first `way` columns are scores. */
  readonly scores: Float64Array;
  readonly stride: number;
  /** Greatest length of the vectors whose inner products with the queries are the scores. */
  readonly longest: number;
}

/**
 * Makes a classifier from its score function. Scores are inner products with the features of an episode, which has been
 * entered into `rows`. Float32 scores decide an episode if no query's lead is within their error bound; float64 scores
 * decide the other episodes. So the outcome is that of float64, at half the cost.
 */
export function fewShotClassifier(
  name: FewShotClassifierName,
  scores: (rows: EpisodeRows, episode: Episode, precision: Precision) => QueryScores,
): FewShotClassifier {
  return {
    name,
    correct: (rows, episodes) => {
      const error = singleError(rows.features.dim);
      return episodes.flatMap((episode) => {
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
 * Error bound of a float32 inner product of two vectors, relative to the product of their lengths. Each of four sums has
 * dim / 4 terms (Higham 2002, section 3.1) with rounded factors. Sixteen more roundings are ample for adding the four sums.
 */
export function singleError(dim: number): number {
  return (Math.ceil(dim / 4) + 16) * 2 ** -24;
}

/** The correct queries of each class, and the least distance between the score of a query's own class and the best other score. */
function judge(
  { scores, stride }: QueryScores,
  { way, query, queries }: Episode,
): { readonly correct: number[]; readonly lead: number } {
  const correct = Array.from({ length: way }, () => 0);
  let lead = Number.POSITIVE_INFINITY;
  for (let row = 0; row < queries.length; row++) {
    const start = row * stride;
    const label = Math.floor(row / query);
    const own = start + label;
    let earlier = Number.NEGATIVE_INFINITY;
    let later = Number.NEGATIVE_INFINITY;
    for (let at = start; at < own; at++) if (scores[at]! > earlier) earlier = scores[at]!;
    for (let at = own + 1; at < start + way; at++) if (scores[at]! > later) later = scores[at]!;
    const score = scores[own]!;
    if (score > earlier && score >= later) correct[label]!++;
    lead = Math.min(lead, Math.abs(score - Math.max(earlier, later)));
  }
  return { correct, lead };
}
