/**
 * Prints one table for each data set, with one row for each setting. The heading names the values that all settings share.
 * The row titles name the values in which the settings differ.
 */
import { type RowSetting, rowTitle } from '@clce/results';
import { cut, fittedTable } from './fitted-table.ts';

export interface SettingTable<Row> {
  /** Settings in the order of the table's rows. Settings without figures have a row too. */
  readonly settings: readonly RowSetting[];
  readonly rows: readonly Row[];
  /** The group of columns to which a row belongs. */
  readonly columnOf: (row: Row) => string;
  readonly headsOf: (column: string) => readonly string[];
  /** One text for each head. */
  readonly show: (row: Row) => readonly string[];
  /** Whether to show the number of finished and planned seeds of a row. */
  readonly seeds: boolean;
  readonly width: number;
}

export function settingTable<Row extends RowSetting>({
  settings,
  rows,
  ...table
}: SettingTable<Row>): string {
  return [...new Set(settings.map(({ dataset }) => dataset))]
    .map((dataset) => {
      const ofDataset = (one: RowSetting) => one.dataset === dataset;
      return section({ ...table, settings: settings.filter(ofDataset), rows: rows.filter(ofDataset) });
    })
    .join('\n\n');
}

/** The table of one data set. */
function section<Row extends RowSetting>({
  settings,
  rows,
  columnOf,
  headsOf,
  show,
  seeds,
  width,
}: SettingTable<Row>): string {
  const backbones = [...new Set(settings.filter((one) => !isPixels(one)).map(({ backbone }) => backbone))];
  const batches = [...new Set(settings.flatMap(({ batch_size: batch }) => (batch === null ? [] : [batch])))];
  const shared = {
    dataset: settings[0]!.dataset,
    protocol: settings[0]!.protocol,
    evaluated_on: settings[0]!.evaluated_on,
    ...(backbones.length === 1 && { backbone: backbones[0]! }),
    ...(batches.length === 1 && { batch_size: batches[0]! }),
  };
  // Some columns exist only for baselines; they come last.
  const inOrder = [...rows.filter((row) => !isBaseline(row)), ...rows.filter(isBaseline)];
  const columns = [...new Set(inOrder.map(columnOf))];
  const heads = columns.map(headsOf);
  const hasFolds = settings.some(({ folds }) => folds !== null);
  const titles = [
    ...(backbones.length > 1 ? [{ head: 'backbone', of: backboneOf }] : []),
    { head: 'loss', of: lossOf },
    ...(batches.length > 1 ? [{ head: 'batch', of: batchOf }] : []),
  ];
  const text = fittedTable(
    {
      titles: [...titles.map(({ head }) => head), ...(seeds ? [hasFolds ? 'folds × seeds' : 'seeds'] : [])],
      groups: heads,
      rows: settings.map((setting) => {
        const own = rows.filter((row) => isSame(row, setting));
        return {
          titles: [...titles.map(({ of }) => of(setting)), ...(seeds ? [runsOf(own[0], setting)] : [])],
          cells: columns.map((column, at) => {
            const row = own.find((one) => columnOf(one) === column);
            return row === undefined ? heads[at]!.map((_, figure) => (figure === 0 ? '–' : '')) : show(row);
          }),
        };
      }),
    },
    width,
  );
  return `${cut(rowTitle(shared), width)}\n${text}`;
}

function isSame(one: RowSetting, other: RowSetting): boolean {
  return one.backbone === other.backbone && one.loss === other.loss && one.batch_size === other.batch_size;
}

function isBaseline({ loss }: RowSetting): boolean {
  return loss === 'none';
}

function isPixels({ backbone }: RowSetting): boolean {
  return backbone === 'raw pixels';
}

function backboneOf(setting: RowSetting): string {
  return isPixels(setting) ? '' : setting.backbone;
}

function lossOf(setting: RowSetting): string {
  if (isPixels(setting)) return setting.backbone;
  return isBaseline(setting) ? 'frozen' : setting.loss;
}

function batchOf({ batch_size: batch }: RowSetting): string {
  return batch === null ? '' : String(batch);
}

/** The finished folds and seeds of a row, beside those that are planned. */
function runsOf(row: RowSetting | undefined, { folds, seeds }: RowSetting): string {
  if (seeds === 0) return '';
  const own = countOf(row?.seeds ?? 0, seeds);
  return folds === null ? own : `${countOf(row?.folds ?? 0, folds)} × ${own}`;
}

function countOf(count: number, planned: number): string {
  return count === planned ? String(count) : `${count} of ${planned}`;
}
