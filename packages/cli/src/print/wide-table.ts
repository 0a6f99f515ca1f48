/** A suite's table with every column, whatever its width: `clce bench --wide`. */
import type { ResultRow } from '@clce/results';
import { visibleLine } from '@clce/text';
import Table from 'cli-table3';
import { halfWidth, probability, unitsOf, withInterval } from './figures.ts';
import { plainTable } from './plain-table.ts';

/**
 * One row for each data set × backbone × loss × batch size × shot × classifier × kind of accuracy.
 *
 * @param seconds of each cell, by the digits of its key that the table shows; files have no times, so that equal runs give equal files
 */
export function wideTable(rows: readonly ResultRow[], seconds: ReadonlyMap<string, number>): string {
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
      'steps',
      'images',
      's a cell',
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
      'right',
      'right',
      'right',
    ],
  });
  for (const row of rows.filter(isAccuracy)) {
    table.push([
      ...[row.dataset, row.backbone, row.loss].map(visibleLine),
      row.batch_size ?? '–',
      row.shot ?? '–',
      row.classifier,
      row.measure,
      row.value.toFixed(2),
      halfWidth(row.episode_lower, row.episode_upper),
      halfWidth(row.seed_lower, row.seed_upper),
      withInterval(row.over_pixels, row.over_pixels_lower, row.over_pixels_upper),
      withInterval(row.difference, row.difference_lower, row.difference_upper),
      row.p_value === null ? '–' : probability(row.p_value),
      row.p_holm === null ? '–' : probability(row.p_holm),
      row.steps ?? '–',
      row.images ?? '–',
      secondsACell(row, seconds),
    ]);
  }
  const units = unitsOf(rows);
  return `${table.toString()}\n95 % intervals: over episodes (these models), over ${units}s (the method). Over pixels: the same on raw pixels (nearest centroid or k-NN), paired by episode; vs reference: paired by ${units}. s a cell: seconds, mean over the cells.`;
}

/** The mean over the cells of the row whose time is known. */
function secondsACell({ cells }: ResultRow, seconds: ReadonlyMap<string, number>): string {
  const known = cells.split(' ').flatMap((key) => seconds.get(key) ?? []);
  if (known.length === 0) return '–';
  return (known.reduce((sum, one) => sum + one, 0) / known.length).toFixed(1);
}

function isAccuracy({ measure }: ResultRow): boolean {
  return measure === 'accuracy' || measure === 'class-accuracy';
}
