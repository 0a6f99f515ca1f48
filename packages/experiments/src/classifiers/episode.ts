/**
 * A few-shot episode over cached features: which rows are shown with their class, and which must be classified.
 *
 * Rows are class-major, so that no label has to be stored: row j of class k stands at k · shot + j of `support` and at
 * k · query + j of `queries`.
 */
export interface Episode {
  /** Classes in the episode. */
  readonly way: number;
  /** Support rows a class. */
  readonly shot: number;
  /** Query rows a class. */
  readonly query: number;
  /** Feature rows of the support set, way × shot of them. */
  readonly support: Int32Array;
  /** Feature rows of the query set, way × query of them. */
  readonly queries: Int32Array;
}

/** @throws RangeError when the episode's row lists do not fit its shape, or name a row outside the features */
export function requireEpisode(episode: Episode, features: Float32Array, dim: number): void {
  const { way, shot, query, support, queries } = episode;
  for (const [name, value] of Object.entries({ way, shot, query, dim })) {
    if (!(Number.isInteger(value) && value > 0))
      throw new RangeError(`${name} must be a positive integer, got ${value}`);
  }
  requireRows('support', support, way * shot, features.length / dim);
  requireRows('queries', queries, way * query, features.length / dim);
}

function requireRows(name: string, rows: Int32Array, expected: number, available: number): void {
  if (rows.length !== expected) {
    throw new RangeError(`${name} must hold ${expected} rows, got ${rows.length}`);
  }
  for (const row of rows) {
    if (row < 0 || row >= available)
      throw new RangeError(`${name} names row ${row}; the features have ${available} rows`);
  }
}
