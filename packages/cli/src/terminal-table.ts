import type { ResultRow, TrendRow } from '@clce/experiments';
import Table from 'cli-table3';

/** No colours, and no rules between rows: they double the height. */
export const plainTable = {
  style: { head: [], border: [] },
  chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
};

/** A suite's table for a terminal; the CSV file has every digit and every column. */
export function terminalTable(rows: readonly ResultRow[]): string {
  const table = new Table({
    head: [
      'data',
      'backbone',
      'loss',
      'batch',
      'shot',
      'classifier',
      'measure',
      '%',
      'episodes ±',
      'seeds ±',
      'over pixels',
      'vs reference',
      'p',
      'p Holm',
    ],
    ...plainTable,
    colAligns: [
      'left',
      'left',
      'left',
      'right',
      'right',
      'left',
      'left',
      'right',
      'right',
      'right',
      'left',
      'left',
      'right',
      'right',
    ],
  });
  for (const row of rows) {
    table.push([
      row.dataset,
      row.backbone,
      row.loss,
      row.batch_size ?? '–',
      row.shot ?? '–',
      row.classifier,
      row.measure,
      row.value.toFixed(2),
      halfWidth(row.episode_lower, row.episode_upper),
      halfWidth(row.seed_lower, row.seed_upper),
      withInterval(row.over_pixels, row.over_pixels_lower, row.over_pixels_upper),
      withInterval(row.difference, row.difference_lower, row.difference_upper),
      probability(row.p_value),
      probability(row.p_holm),
    ]);
  }
  return `${table.toString()}\n95 % intervals: over episodes (these models), over seeds (the method). Over pixels: the same on raw pixels (nearest centroid or k-NN), paired by episode; vs reference: paired by seed.`;
}

/** What a doubling of the batch brings. */
export function terminalTrends(rows: readonly TrendRow[]): string {
  const lines = rows.map(({ dataset, backbone, loss, shot, classifier, measure, seeds, ...row }) => {
    const what = [dataset, backbone, loss, shot === null ? '' : `${shot}-shot`, classifier, measure];
    const slope = withInterval(row.slope, row.slope_lower, row.slope_upper);
    return `${what.filter((part) => part !== '').join(' · ')}: ${slope} points a doubling, ${seeds} seeds`;
  });
  return `Trend over batch size, with its 95 % interval over seeds:\n${lines.join('\n')}`;
}

function halfWidth(lower: number | null, upper: number | null): string {
  return lower === null || upper === null ? '–' : ((upper - lower) / 2).toFixed(2);
}

export function withInterval(d: number | null, lower: number | null, upper: number | null): string {
  if (d === null) return '–';
  const sign = (value: number) => `${value >= 0 ? '+' : '−'}${Math.abs(value).toFixed(2)}`;
  return lower === null || upper === null ? sign(d) : `${sign(d)} [${sign(lower)}, ${sign(upper)}]`;
}

function probability(p: number | null): string {
  if (p === null) return '–';
  return p < 0.001 ? '< 0.001' : p.toFixed(3);
}
