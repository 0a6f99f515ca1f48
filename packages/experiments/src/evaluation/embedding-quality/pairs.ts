/** Measures of pairs of embeddings, separately for pairs of the same class and of different classes. */
import { SIMILARITY_BINS } from '@clce/results';
import type { Cosines } from './cosines.ts';

export interface PairMeasures {
  /** Mean ‖x − y‖² over pairs of the same class (Wang & Isola 2020, arXiv 2005.10242, α = 2). Lower: closer. */
  readonly alignment: number;
  /** log of the mean of exp(−2 ‖x − y‖²) over all pairs (same paper, t = 2). Lower: more evenly spread. */
  readonly uniformity: number;
  /** Numbers of pairs by cosine, lowest first. */
  readonly similarities: { readonly within: readonly number[]; readonly between: readonly number[] };
}

/** @param labels with at least two samples of one class */
export function pairMeasures({ count, values }: Cosines, labels: Int32Array): PairMeasures {
  const within = Array.from({ length: SIMILARITY_BINS }, () => 0);
  const between = Array.from({ length: SIMILARITY_BINS }, () => 0);
  let distances = 0;
  let positives = 0;
  let potentials = 0;
  for (let a = 0; a < count; a++) {
    for (let b = a + 1; b < count; b++) {
      const cosine = values[a * count + b]!;
      const squaredDistance = 2 - 2 * cosine;
      potentials += Math.exp(-2 * squaredDistance);
      if (labels[a] === labels[b]) {
        distances += squaredDistance;
        positives++;
        within[binOf(cosine)]!++;
      } else between[binOf(cosine)]!++;
    }
  }
  return {
    alignment: distances / positives,
    uniformity: Math.log(potentials / ((count * (count - 1)) / 2)),
    similarities: { within, between },
  };
}

/** Rounding may take a cosine past ±1. */
function binOf(cosine: number): number {
  const bin = Math.floor(((cosine + 1) / 2) * SIMILARITY_BINS);
  return Math.min(SIMILARITY_BINS - 1, Math.max(0, bin));
}
