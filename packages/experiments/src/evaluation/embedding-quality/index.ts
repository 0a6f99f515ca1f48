/** Measures of embedding quality that need no classifier. */
import { counterRandom, type Dataset, RandomOperation } from '@clce/datasets';
import type { EmbeddingQuality } from '@clce/results';
import type { FeatureMatrix } from '../features.ts';
import { cosinesOf } from './cosines.ts';
import { embeddingMap } from './embedding-map.ts';
import { isotropy } from './isotropy.ts';
import { pairMeasures } from './pairs.ts';
import { retrieval } from './retrieval.ts';
import { silhouette } from './silhouette.ts';

/** Time and memory for pairs grow with the square of the samples, so larger sets are sampled by the protocol's seed. */
export const MOST_SAMPLES = 2000;

/**
 * @param features rows of unit length; row i belongs to sample `rows[i]`
 * @param seed draws the samples; compared cells must use the same seed
 * @returns null where no two samples share a class, or all samples share one
 */
export async function embeddingQuality(
  dataset: Dataset,
  rows: Int32Array,
  { values, dim }: FeatureMatrix,
  seed: number,
): Promise<EmbeddingQuality | null> {
  const drawn = counterRandom(seed)
    .permutation(rows.length, RandomOperation.embeddingSample, 0)
    .slice(0, MOST_SAMPLES)
    .sort();
  const labels = Int32Array.from(drawn, (place) => dataset.samples[rows[place]!]!.label);
  const classCount = new Set(labels).size;
  if (classCount === 1 || classCount === labels.length) return null;

  const features = { values: new Float32Array(drawn.length * dim), dim };
  drawn.forEach((place, at) => {
    features.values.set(values.subarray(place * dim, (place + 1) * dim), at * dim);
  });
  const cosines = await cosinesOf(features);
  const { points, classes } = embeddingMap(cosines, labels, dataset.classNames);
  const { similarities, ...pairs } = pairMeasures(cosines, labels);
  return {
    samples: labels.length,
    isotropy: await isotropy(features),
    ...pairs,
    ...retrieval(cosines, labels),
    silhouette: silhouette(cosines, labels),
    similarities,
    map: { classes, points },
  };
}
