/** Cosine similarities of all pairs of embeddings, the input of the measures of pairs, retrieval and clusters. */
import { rowProducts } from '@clce/engine';
import type { FeatureMatrix } from '../features.ts';

/** Symmetric, row-major [count, count]. */
export interface Cosines {
  readonly count: number;
  readonly values: Float64Array;
}

/** @param features rows of unit length */
export async function cosinesOf({ values, dim }: FeatureMatrix): Promise<Cosines> {
  return { count: values.length / dim, values: await rowProducts(Float64Array.from(values), dim) };
}
