/** Positions of the largest entries; of equal entries, the first one. */

/** Column of the largest entry of each row. @param values row-major [rows, columns] */
export function largestOfRows(values: ArrayLike<number>, columns: number): Int32Array {
  return Int32Array.from({ length: values.length / columns }, (_, row) =>
    indexOfLargest(values, row * columns, columns),
  );
}

/** Position of the largest of `length` entries from `start` on, relative to `start`. */
export function indexOfLargest(values: ArrayLike<number>, start: number, length: number): number {
  let best = 0;
  for (let k = 1; k < length; k++) if (values[start + k]! > values[start + best]!) best = k;
  return best;
}

/**
 * Positions of the `count` largest entries, largest first.
 * @param except a position to skip
 */
export function indicesOfLargest(values: ArrayLike<number>, count: number, except = -1): Int32Array {
  const indices = new Int32Array(count);
  let found = 0;
  for (let candidate = 0; candidate < values.length; candidate++) {
    if (candidate === except) continue;
    const value = values[candidate]!;
    if (found === count && value <= values[indices[count - 1]!]!) continue;
    // The first place of a smaller entry, by halves: of many, a walk through the places would take most of the time.
    let rank = 0;
    for (let end = found; rank < end; ) {
      const middle = (rank + end) >> 1;
      if (values[indices[middle]!]! < value) end = middle;
      else rank = middle + 1;
    }
    if (found < count) found++;
    indices.copyWithin(rank + 1, rank, found - 1);
    indices[rank] = candidate;
  }
  return indices;
}
