import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import type { FeatureMatrix } from '../features.ts';

/**
 * How evenly embeddings w spread over all directions: the least over the greatest Z(c) = Σ exp(cᵀw), where c runs through
 * the eigenvectors of WᵀW, each with both signs (Mu & Viswanath 2018, arXiv 1702.01417, eq. 7). 1 where all directions
 * are alike.
 *
 * @returns in (0, 1]
 */
export function isotropy({ values, dim }: FeatureMatrix): number {
  const embeddings = new Matrix(values.length / dim, dim);
  values.forEach((value, at) => {
    embeddings.set(Math.floor(at / dim), at % dim, value);
  });
  const { eigenvectorMatrix } = new EigenvalueDecomposition(embeddings.transpose().mmul(embeddings), {
    assumeSymmetric: true,
  });
  const alongDirections = embeddings.mmul(eigenvectorMatrix);
  let least = Number.POSITIVE_INFINITY;
  let greatest = 0;
  for (let direction = 0; direction < dim; direction++) {
    const along = alongDirections.getColumn(direction);
    for (const sign of [1, -1]) {
      const partition = along.reduce((sum, projection) => sum + Math.exp(sign * projection), 0);
      least = Math.min(least, partition);
      greatest = Math.max(greatest, partition);
    }
  }
  return least / greatest;
}
