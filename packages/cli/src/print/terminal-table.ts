/** A suite's tables, fitted to the terminal. The CSV files have every digit and every column. */
import {
  isOnValidation,
  type ResultRow,
  type RowSetting,
  rowTitle,
  SIGNIFICANCE,
  type TrendRow,
} from '@clce/results';
import { NOT_JUDGED, plusMinus, signed, unitsOf } from './figures.ts';
import { wrapped } from './fitted-table.ts';
import { settingTable } from './setting-table.ts';

/**
 * Accuracies, each beside its difference from the reference.
 *
 * @param settings all planned rows; a row with missing seeds shows their number
 */
export function terminalTable(
  rows: readonly ResultRow[],
  settings: readonly RowSetting[],
  width: number,
): string {
  const reference = referenceOf(rows);
  const table = accuracyTable(rows, settings, width, {
    value: ({ value, seed_lower, seed_upper }) => plusMinus(value.toFixed(2), seed_lower, seed_upper),
    difference: (row) => {
      const { difference, difference_lower, difference_upper, p_holm } = row;
      const figures = plusMinus(signed(difference!), difference_lower, difference_upper);
      return `${figures} ${p_holm !== null && p_holm < SIGNIFICANCE && !isOnValidation(row) ? '*' : ' '}`;
    },
  });
  const unjudged = rows.some(isOnValidation);
  const star = unjudged ? '' : `; *: p < ${SIGNIFICANCE}, Holm-corrected over the table`;
  const legend = [
    `Accuracy in percent, ± half the 95 % interval over ${unitsOf(rows)}s.`,
    ...(reference === undefined ? [] : [`vs ${reference}: paired by ${unitsOf(rows)}${star}.`]),
    ...(unjudged ? [NOT_JUDGED] : []),
  ];
  return `${table}\n${wrapped(legend.join(' '), width)}`;
}

/** The means so far of an unfinished run. */
export function partialTable(
  rows: readonly ResultRow[],
  settings: readonly RowSetting[],
  width: number,
): string {
  return accuracyTable(rows, settings, width, {
    value: ({ value }) => value.toFixed(1),
    difference: ({ difference }) => signed(difference!, 1),
  });
}

/** Measures of the embeddings' quality, one column for each measure. */
export function terminalQualities(
  rows: readonly ResultRow[],
  settings: readonly RowSetting[],
  width: number,
): string {
  const table = settingTable({
    settings: settings.filter(({ loss }) => loss !== 'none'),
    rows: rows.filter(({ measure }) => measure !== 'accuracy' && measure !== 'class-accuracy'),
    columnOf: ({ measure }) => measure,
    headsOf: (measure) => [headOf(measure)],
    show: ({ value, seed_lower, seed_upper }) => [
      plusMinus(value.toFixed(3).replace('-', '−'), seed_lower, seed_upper, 3),
    ],
    seeds: false,
    width,
  });
  const legend = `Measures of the embeddings, ± half the 95 % interval over ${unitsOf(rows)}s. Calibration error (of the head), recall and MAP in percent.`;
  return `${table}\n${wrapped(legend, width)}`;
}

/** The change of accuracy for each doubling of the batch size, and of the contrastive group. */
export function terminalTrends(rows: readonly TrendRow[], width: number): string {
  // Tables of earlier versions have no such column.
  const overGroups = (row: Partial<TrendRow>) => (row.contrastive_groups ?? null) !== null;
  const kinds = [
    ['batch size', rows.filter((row) => !overGroups(row))],
    ['the contrastive group', rows.filter(overGroups)],
  ] as const;
  return kinds
    .filter(([, ofKind]) => ofKind.length > 0)
    .map(([size, ofKind]) => trendsOver(size, ofKind, width))
    .join('\n\n');
}

function trendsOver(size: string, rows: readonly TrendRow[], width: number): string {
  const accuracies = rows
    .filter(({ measure }) => measure === 'accuracy')
    // Tables of earlier versions have no column of folds.
    .map((row) => ({ ...row, batch_size: null, folds: row.folds ?? null }));
  const reference = referenceOf(accuracies);
  const table = settingTable({
    settings: [
      ...new Map(
        accuracies.map((row) => {
          const { dataset, backbone, loss } = row;
          return [rowTitle({ dataset, backbone, loss }), row];
        }),
      ).values(),
    ],
    rows: accuracies,
    columnOf: ({ shot, classifier }) => rowTitle({ shot, classifier }),
    headsOf: (column) => [headOf(column), ...(reference === undefined ? [] : [`vs ${reference}`])],
    show: ({ slope, slope_lower, slope_upper, difference, difference_lower, difference_upper }) => [
      plusMinus(signed(slope), slope_lower, slope_upper),
      ...(reference === undefined
        ? []
        : [difference === null ? '' : plusMinus(signed(difference), difference_lower, difference_upper)]),
    ],
    seeds: true,
    width,
  });
  const title = `Trend over ${size}: points for each doubling, ± half the 95 % interval over ${unitsOf(accuracies)}s.`;
  return `${wrapped(title, width)}\n${table}`;
}

function accuracyTable(
  rows: readonly ResultRow[],
  settings: readonly RowSetting[],
  width: number,
  show: Readonly<Record<'value' | 'difference', (row: ResultRow) => string>>,
): string {
  const reference = referenceOf(rows);
  return settingTable({
    settings,
    rows: rows.filter(({ measure }) => measure === 'accuracy'),
    columnOf: ({ shot, classifier }) => rowTitle({ shot, classifier }),
    headsOf: (column) => [headOf(column), ...(reference === undefined ? [] : [`vs ${reference}`])],
    show: (row) => [
      show.value(row),
      ...(reference === undefined ? [] : [row.difference === null ? '' : show.difference(row)]),
    ],
    seeds: true,
    width,
  });
}

function referenceOf(rows: readonly { readonly reference: string | null }[]): string | undefined {
  return rows.find((row) => row.reference !== null)?.reference ?? undefined;
}

/** Puts each part of a title on its own line, and breaks long words at the hyphen. */
function headOf(title: string): string {
  const parts = title.split(' · ');
  return parts.map((part) => (part.length > LONG ? part.replace('-', '-\n') : part)).join('\n');
}

const LONG = 12;
