import type { Episode as DrawnEpisode } from '@clce/datasets';

/** An episode over cached features. Its rows are rows of the features; class indices are not needed. */
export type Episode = Omit<DrawnEpisode, 'classes'>;

/** @throws RangeError when the lengths of the row lists contradict the episode's shape, or a row is outside the features */
export function requireEpisode(episode: Episode, features: Float32Array, dim: number): void {
  const { way, shot, query, support, queries } = episode;
  requirePositive('way', way);
  requirePositive('shot', shot);
  requirePositive('query', query);
  requirePositive('dim', dim);
  requireRows('support', support, way * shot, features.length / dim);
  requireRows('queries', queries, way * query, features.length / dim);
}

function requirePositive(name: string, value: number): void {
  if (Number.isInteger(value) && value > 0) return;
  throw new RangeError(`${name} must be a positive integer, got ${value}`);
}

function requireRows(name: string, rows: Int32Array, expected: number, available: number): void {
  if (rows.length !== expected) {
    throw new RangeError(`${name} must hold ${expected} rows, got ${rows.length}`);
  }
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (row < 0 || row >= available)
      throw new RangeError(`${name} names row ${row}; the features have ${available} rows`);
  }
}
