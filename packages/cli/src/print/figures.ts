/** Formats figures for tables and verdicts. */

export function signed(value: number, decimals = 2): string {
  return `${value >= 0 ? '+' : '−'}${Math.abs(value).toFixed(decimals)}`;
}

/** The figure and half its interval, or only the figure where it has no interval. */
export function plusMinus(figure: string, lower: number | null, upper: number | null, decimals = 2): string {
  return lower === null || upper === null ? figure : `${figure} ± ${halfWidth(lower, upper, decimals)}`;
}

export function withInterval(d: number | null, lower: number | null, upper: number | null): string {
  if (d === null) return '–';
  return lower === null || upper === null ? signed(d) : `${signed(d)} [${signed(lower)}, ${signed(upper)}]`;
}

export function halfWidth(lower: number | null, upper: number | null, decimals = 2): string {
  return lower === null || upper === null ? '–' : ((upper - lower) / 2).toFixed(decimals);
}

export function probability(p: number): string {
  return p < 0.001 ? '< 0.001' : p.toFixed(3);
}

/** Beside figures on validation data. */
export const NOT_JUDGED = 'Validation data choose settings, so no method is judged on them.';

/** What the intervals and tests of rows are made over. */
export function unitsOf(rows: readonly { readonly folds: number | null }[]): 'fold' | 'seed' {
  return rows.some(({ folds }) => folds !== null) ? 'fold' : 'seed';
}
