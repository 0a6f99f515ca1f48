/**
 * Predicts the class of the support sample with the largest cosine to the query. This is the cosine classifier of RFS's
 * published evaluation (Tian et al. 2020, `eval/meta_eval.py`): one nearest neighbour. With one shot it is nearest centroid.
 */
import { fewShotClassifier, type QueryScores } from './classifier.ts';
import type { Episode } from './episode.ts';
import { type EpisodeRows, type Precision, strideOf } from './episode-rows.ts';

export const cosine = fewShotClassifier('cosine', largestCosines);

/** For each query and class, the largest cosine between the query and the class's support samples. */
function largestCosines(
  rows: EpisodeRows,
  { way, shot, support, queries }: Episode,
  precision: Precision,
): QueryScores {
  for (let i = 0; i < support.length; i++) rows.combine(i, support, i, i + 1);
  const products = rows.products(queries, support.length, precision);
  const width = strideOf(support.length);
  const scores = new Float64Array(queries.length * way);
  for (let row = 0; row < queries.length; row++) {
    let at = row * width;
    for (let k = 0; k < way; k++) {
      let largest = products[at++]!;
      for (let j = 1; j < shot; j++) {
        const product = products[at++]!;
        if (product > largest) largest = product;
      }
      scores[row * way + k] = largest;
    }
  }
  return { scores, stride: way, longest: 1 };
}
