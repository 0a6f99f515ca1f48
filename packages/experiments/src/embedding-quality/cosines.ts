/** Cosine similarities of all pairs of embeddings: what the measures of pairs, of retrieval and of clusters read. */
import type { FeatureMatrix } from '../features.ts';
import { allRows, innerProducts } from '../inner-products.ts';

/** Symmetric, row-major [count, count]. */
export interface Cosines {
  readonly count: number;
  readonly values: Float64Array;
}

/** @param features rows of unit length */
export function cosinesOf({ values, dim }: FeatureMatrix): Cosines {
  const count = values.length / dim;
  const cosines = new Float64Array(count * count);
  innerProducts(values, dim, allRows(count), Float64Array.from(values), count, cosines, true);
  for (let a = 0; a < count; a++) {
    for (let b = a + 1; b < count; b++) cosines[a * count + b] = cosines[b * count + a]!;
  }
  return { count, values: cosines };
}
