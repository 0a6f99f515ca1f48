import { indicesOfLargest } from '../largest.ts';
import type { Cosines } from './cosines.ts';

export interface Retrieval {
  /** Share of queries whose nearest neighbour has their class (R@1). */
  readonly recallAt1: number;
  /**
   * Mean average precision at R, where R is the number of other samples of the query's class: 1/R Σ P(i) over the ranks
   * i ≤ R with a sample of that class (Musgrave et al. 2020, arXiv 2003.08505, section 3.1).
   */
  readonly mapAtR: number;
}

/**
 * Every sample is a query for the other samples of its class. A sample that is alone in its class is no query. Of equally
 * near neighbours, the first in order counts as nearer.
 *
 * @param labels with at least two samples of one class
 */
export function retrieval({ count, values }: Cosines, labels: Int32Array): Retrieval {
  const sizes = new Map<number, number>();
  for (const label of labels) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  let queries = 0;
  let hits = 0;
  let precisions = 0;
  for (let query = 0; query < count; query++) {
    const label = labels[query]!;
    const relevant = sizes.get(label)! - 1;
    if (relevant === 0) continue;
    queries++;
    const similarities = values.subarray(query * count, (query + 1) * count);
    const nearest = indicesOfLargest(similarities, relevant, query);
    let found = 0;
    let precision = 0;
    for (let before = 0; before < relevant; before++) {
      if (labels[nearest[before]!] !== label) continue;
      found++;
      precision += found / (before + 1);
    }
    if (labels[nearest[0]!] === label) hits++;
    precisions += precision / relevant;
  }
  return { recallAt1: hits / queries, mapAtR: precisions / queries };
}
