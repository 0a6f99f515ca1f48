import { labelOf, measures, type ResultRow, type TrendRow } from '@clce/experiments/results';
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
  for (const row of rows.filter(isAccuracy)) {
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

/** What the embeddings are like: a row a trained setting, a column a measure. */
export function terminalQualities(rows: readonly ResultRow[]): string {
  const qualities = rows.filter((row) => !isAccuracy(row));
  const columns = measures.filter((measure) => qualities.some((row) => row.measure === measure));
  const table = new Table({
    head: ['data', 'backbone', 'loss', 'batch', ...columns],
    ...plainTable,
    colAligns: [
      'left',
      'left',
      'left',
      ...Array.from({ length: columns.length + 1 }, () => 'right' as const),
    ],
  });
  const settings = new Map<string, ResultRow[]>();
  for (const row of qualities) {
    const key = JSON.stringify([row.dataset, row.backbone, row.loss, row.batch_size]);
    settings.set(key, [...(settings.get(key) ?? []), row]);
  }
  for (const own of settings.values()) {
    const { dataset, backbone, loss, batch_size } = own[0]!;
    const figures = columns.map((measure) => {
      const row = own.find((one) => one.measure === measure);
      return row === undefined
        ? '–'
        : `${row.value.toFixed(3)} ± ${halfWidth(row.seed_lower, row.seed_upper, 3)}`;
    });
    table.push([dataset, backbone, loss, batch_size, ...figures]);
  }
  return `${table.toString()}\nOf the embeddings, ± half the 95 % interval over seeds; calibration error (of the head), recall and MAP in percent.`;
}

/** What a doubling of the batch brings. */
export function terminalTrends(rows: readonly TrendRow[]): string {
  const lines = rows.filter(isAccuracy).map((row) => {
    const slope = withInterval(row.slope, row.slope_lower, row.slope_upper);
    const difference = withInterval(row.difference, row.difference_lower, row.difference_upper);
    const beside = row.reference === null ? '' : `, minus that of ${row.reference}: ${difference}`;
    return `${labelOf(row)}: ${slope} points a doubling, ${row.seeds} seeds${beside}`;
  });
  return `Trend over batch size, with its 95 % interval over seeds:\n${lines.join('\n')}`;
}

function isAccuracy({ measure }: Pick<ResultRow, 'measure'>): boolean {
  return measure === 'accuracy' || measure === 'class-accuracy';
}

function halfWidth(lower: number | null, upper: number | null, decimals = 2): string {
  return lower === null || upper === null ? '–' : ((upper - lower) / 2).toFixed(decimals);
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
