/** Cosine similarities of all pairs of embeddings: what the measures of pairs, of retrieval and of clusters read. */
import type { FeatureMatrix } from '../features.ts';

/** Symmetric, row-major [count, count]. */
export interface Cosines {
  readonly count: number;
  readonly values: Float64Array;
}

/** @param features rows of unit length */
export function cosinesOf({ values, dim }: FeatureMatrix): Cosines {
  const count = values.length / dim;
  const cosines = new Float64Array(count * count);
  for (let a = 0; a < count; a++) {
    for (let b = a; b < count; b++) {
      let dot = 0;
      for (let k = 0; k < dim; k++) dot += values[a * dim + k]! * values[b * dim + k]!;
      cosines[a * count + b] = dot;
      cosines[b * count + a] = dot;
    }
  }
  return { count, values: cosines };
}
