/**
 * Nearest centroid with cosine similarity: a query goes to the class whose mean support feature points its way.
 *
 * Prototypical networks' classifier (Snell et al. 2017) with cosine in place of Euclidean distance, as Chen et al. 2019
 * ("Baseline++") and SimpleShot (Wang et al. 2019) use it on frozen features. With normalised features the mean of a
 * class is renormalised; that of a query does not matter. A class whose support cancels out to zero scores 0.
 */

import { innerProducts } from '../inner-products.ts';
import { fewShotClassifier } from './classifier.ts';
import { type Episode, requireEpisode } from './episode.ts';

export const nearestCentroid = fewShotClassifier('nearest-centroid', (features, dim, episode) => {
  requireEpisode(episode, features, dim);
  const { way, queries } = episode;
  const scores = new Float64Array(queries.length * way);
  innerProducts(features, dim, queries, centroids(features, dim, episode), way, scores);
  return scores;
});

/** The normalised class means, row-major, shape (way, dim). */
export function centroids(
  features: Float32Array,
  dim: number,
  { way, shot, support }: Episode,
): Float64Array {
  const means = new Float64Array(way * dim);
  for (let k = 0; k < way; k++) {
    const at = k * dim;
    for (let j = 0; j < shot; j++) {
      const row = support[k * shot + j]! * dim;
      for (let d = 0; d < dim; d++) means[at + d]! += features[row + d]!;
    }
    let squared = 0;
    for (let d = 0; d < dim; d++) squared += means[at + d]! * means[at + d]!;
    const scale = squared > 0 ? 1 / Math.sqrt(squared) : 0;
    for (let d = 0; d < dim; d++) means[at + d]! *= scale;
  }
  return means;
}
