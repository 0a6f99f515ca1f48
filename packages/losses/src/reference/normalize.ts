import { dot, type Matrix } from './matrix.ts';

/** L2-normalised rows in float64, and their gradient. Short rows follow the rule of ../terms/normalize.ts. */
export function normalizeRows(rows: Matrix): number[][] {
  return rows.map((row) => row.map((x) => x / lengthOf(row)));
}

/** d loss / d rows, given d loss / d normalised rows. */
export function throughNormalization(rows: Matrix, upstream: Matrix): number[][] {
  const unit = normalizeRows(rows);
  return rows.map((row, i) => {
    if (Math.max(...row.map(Math.abs)) < SHORTEST_ROW) return row.map(() => 0);
    const along = dot(unit[i]!, upstream[i]!);
    return row.map((_, c) => (upstream[i]![c]! - unit[i]![c]! * along) / lengthOf(row));
  });
}

const SHORTEST_ROW = 1e-12;

function lengthOf(row: readonly number[]): number {
  return Math.max(Math.hypot(...row), SHORTEST_ROW);
}
