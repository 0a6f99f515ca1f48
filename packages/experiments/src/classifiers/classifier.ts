import type { Episode } from './episode.ts';

/** The names that a suite may give; the registry holds one classifier for each. */
export type FewShotClassifierName = 'nearest-centroid' | 'logistic-regression';

/** Fits on an episode's support rows and is judged on its query rows. Deterministic; keeps nothing between episodes. */
export interface FewShotClassifier {
  readonly name: FewShotClassifierName;
  /**
   * The number of queries put into their class, of way · query.
   * @param features row-major, shape (rows, dim), each row L2-normalised
   * @param products inner products of all rows with all rows, row-major, if they are known: an episode then costs look-ups
   * @throws RangeError when the episode does not fit the features
   */
  correct(features: Float32Array, dim: number, episode: Episode, products?: Float64Array): number;
}

/**
 * A classifier from the one thing in which they differ: the scores that they give.
 * @param queryScores scores of the queries, row-major (way · query, way); the largest wins, the first of equal ones
 */
export function fewShotClassifier(
  name: FewShotClassifierName,
  queryScores: (
    features: Float32Array,
    dim: number,
    episode: Episode,
    products: Float64Array | undefined,
  ) => Float64Array,
): FewShotClassifier {
  return {
    name,
    correct: (features, dim, episode, products) =>
      countCorrect(queryScores(features, dim, episode, products), episode),
  };
}

function countCorrect(scores: Float64Array, { way, query }: Episode): number {
  let correct = 0;
  for (let row = 0; row < way * query; row++) {
    let best = 0;
    for (let k = 1; k < way; k++) if (scores[row * way + k]! > scores[row * way + best]!) best = k;
    if (best === Math.floor(row / query)) correct++;
  }
  return correct;
}
