import { rowProducts } from '@clce/engine';
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import type { FeatureMatrix } from '../features.ts';
import { allRows, innerProducts } from '../inner-products.ts';

/**
 * Isotropy: how evenly embeddings w spread over all directions. It is the least Z(c) divided by the greatest Z(c), where
 * Z(c) = Σ exp(cᵀw) and c runs through the eigenvectors of WᵀW with both signs (Mu & Viswanath 2018, arXiv 1702.01417,
 * eq. 7). It is 1 where Z(c) is equal in all directions.
 *
 * @returns in (0, 1]
 */
export async function isotropy({ values, dim }: FeatureMatrix): Promise<number> {
  const count = values.length / dim;
  const gram = await rowProducts(transposed(values, dim), count);
  const { eigenvectorMatrix } = new EigenvalueDecomposition(Matrix.from1DArray(dim, dim, gram), {
    assumeSymmetric: true,
  });
  const directions = Float64Array.from(eigenvectorMatrix.transpose().to1DArray());
  const along = new Float64Array(count * dim);
  innerProducts(values, dim, allRows(count), directions, dim, along);
  let least = Number.POSITIVE_INFINITY;
  let greatest = 0;
  for (let direction = 0; direction < dim; direction++) {
    for (const sign of [1, -1]) {
      let partition = 0;
      for (let row = 0; row < count; row++) partition += Math.exp(sign * along[row * dim + direction]!);
      least = Math.min(least, partition);
      greatest = Math.max(greatest, partition);
    }
  }
  return least / greatest;
}

/** The transposed matrix. @param width length of a row */
function transposed(matrix: Float32Array, width: number): Float64Array {
  const height = matrix.length / width;
  const result = new Float64Array(matrix.length);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++)
      result[column * height + row] = matrix[row * width + column]!;
  }
  return result;
}
