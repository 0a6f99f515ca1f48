/**
 * Coordinates of a few vectors in an orthonormal basis of their own span, from their inner products alone.
 *
 * N support features of 640 numbers span at most N dimensions, and an L2-penalised linear classifier has its optimum in
 * that span (the representer theorem, Kimeldorf & Wahba 1970). The pivoted Cholesky factor L of the Gram matrix,
 * L·Lᵀ = G, holds each vector's coordinates as a row: all lengths and angles are kept, and what comes after costs N
 * numbers a vector. Pivots at the rounding level are dropped, so repeated or linearly dependent vectors are no trouble.
 */
export interface SpanCoordinates {
  /** Dimension of the span. */
  readonly rank: number;
  /** Row-major, shape (n, n); columns from `rank` on are zero. */
  readonly coordinates: Float64Array;
}

/**
 * @param gram the inner products, row-major, shape (n, n); only the part on and below the diagonal is read
 */
export function spanCoordinates(gram: Float64Array, n: number): SpanCoordinates {
  const coordinates = new Float64Array(n * n);
  const remaining = Float64Array.from({ length: n }, (_, i) => gram[i * n + i]!);
  const negligible = 16 * n * Number.EPSILON * Math.max(...remaining);
  const taken = new Uint8Array(n);
  let rank = 0;
  for (; rank < n; rank++) {
    const pivot = largestLeft(remaining, taken);
    if (remaining[pivot]! <= negligible) break;
    taken[pivot] = 1;
    const root = Math.sqrt(remaining[pivot]!);
    coordinates[pivot * n + rank] = root;
    for (let i = 0; i < n; i++) {
      if (taken[i]) continue;
      let left = i > pivot ? gram[i * n + pivot]! : gram[pivot * n + i]!;
      for (let c = 0; c < rank; c++) left -= coordinates[i * n + c]! * coordinates[pivot * n + c]!;
      coordinates[i * n + rank] = left / root;
      remaining[i]! -= (left / root) ** 2;
    }
  }
  return { rank, coordinates };
}

function largestLeft(remaining: Float64Array, taken: Uint8Array): number {
  let best = -1;
  for (let i = 0; i < remaining.length; i++) {
    if (!taken[i] && (best < 0 || remaining[i]! > remaining[best]!)) best = i;
  }
  return best;
}
