/**
 * Nearest centroid by cosine similarity: predicts the class whose mean support feature has the largest cosine to the query.
 *
 * This is the classifier of prototypical networks (Snell et al. 2017) with cosine in place of Euclidean distance, as
 * SimpleShot (Wang et al. 2019) uses it on frozen features. The mean of a class is normalised again. The length of a query
 * does not matter. A class whose support sums to zero scores 0.
 */
import { fewShotClassifier, type QueryScores } from './classifier.ts';
import type { Episode } from './episode.ts';
import { type EpisodeRows, type Precision, strideOf } from './episode-rows.ts';

export const nearestCentroid = fewShotClassifier('nearest-centroid', centroidCosines);

/** Cosines of queries and class means. */
export function centroidCosines(
  rows: EpisodeRows,
  { way, shot, support, queries }: Episode,
  precision: Precision,
): QueryScores {
  for (let k = 0; k < way; k++) {
    const squared = rows.combine(k, support, k * shot, (k + 1) * shot);
    rows.scale(k, squared > 0 ? 1 / Math.sqrt(squared) : 0);
  }
  return { scores: rows.products(queries, way, precision), stride: strideOf(way), longest: 1 };
}
