/** Cosine similarities of all pairs of embeddings: what the measures of pairs, of retrieval and of clusters read. */
import type { FeatureMatrix } from '../features.ts';

/** Symmetric, row-major [count, count]. */
export interface Cosines {
  readonly count: number;
  readonly values: Float64Array;
}

/** Columns computed together, so that a row is read once for all: more than twice as fast as one by one. */
const TOGETHER = 4;

/** @param features rows of unit length */
export function cosinesOf({ values, dim }: FeatureMatrix): Cosines {
  const count = values.length / dim;
  const padded = Math.ceil(count / TOGETHER) * TOGETHER;
  const rows = new Float64Array(padded * dim);
  rows.set(values);
  const cosines = new Float64Array(count * count);
  for (let a = 0; a < count; a++) {
    for (let b = a - (a % TOGETHER); b < count; b += TOGETHER) {
      let [first, second, third, fourth] = [0, 0, 0, 0];
      for (let k = 0; k < dim; k++) {
        const own = rows[a * dim + k]!;
        first += own * rows[b * dim + k]!;
        second += own * rows[(b + 1) * dim + k]!;
        third += own * rows[(b + 2) * dim + k]!;
        fourth += own * rows[(b + 3) * dim + k]!;
      }
      cosines.set([first, second, third, fourth].slice(0, count - b), a * count + b);
    }
  }
  for (let a = 0; a < count; a++) {
    for (let b = 0; b < a; b++) cosines[a * count + b] = cosines[b * count + a]!;
  }
  return { count, values: cosines };
}
