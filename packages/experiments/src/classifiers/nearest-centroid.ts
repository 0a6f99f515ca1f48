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

export const nearestCentroid = fewShotClassifier('nearest-centroid', (features, dim, episode, products) => {
  requireEpisode(episode, features, dim);
  if (products !== undefined) return scoresOfProducts(products, features.length / dim, episode);
  const { way, queries } = episode;
  const scores = new Float64Array(queries.length * way);
  innerProducts(features, dim, queries, centroids(features, dim, episode), way, scores);
  return scores;
});

/** q · Σ s / ‖Σ s‖ over the support s of a class, from inner products alone. */
function scoresOfProducts(
  products: Float64Array,
  count: number,
  { way, shot, support, queries }: Episode,
): Float64Array {
  const scores = new Float64Array(queries.length * way);
  for (let k = 0; k < way; k++) {
    const members = support.subarray(k * shot, (k + 1) * shot);
    let squared = 0;
    for (const a of members) for (const b of members) squared += products[a * count + b]!;
    const scale = squared > 0 ? 1 / Math.sqrt(squared) : 0;
    for (let q = 0; q < queries.length; q++) {
      const row = queries[q]! * count;
      let sum = 0;
      for (let j = 0; j < shot; j++) sum += products[row + members[j]!]!;
      scores[q * way + k] = sum * scale;
    }
  }
  return scores;
}

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
