/**
 * The table for a paper: accuracy with the half-width of its interval over seeds. It has one row per backbone × batch size
 * × loss, and one column per data set × shot × classifier. The best loss is marked only if it beats the second best.
 */
import { meanInterval } from '@clce/statistics';
import { isOnValidation } from '../cell/evaluated-on.ts';
import { SIGNIFICANCE } from '../comparisons.ts';
import { groupBy } from '../group-by.ts';
import { compareBySeed, corrected, unitValues } from '../paired-by-seed.ts';
import { rowTitle } from '../row-title.ts';
import type { SeedRow } from './seed-table.ts';

export interface AccuracyTable {
  /** Titles of the columns; the columns of the row titles come first. */
  readonly columns: readonly string[];
  readonly rows: readonly { readonly titles: readonly string[]; readonly cells: readonly AccuracyCell[] }[];
  /** Whether columns are of validation data, in which no loss is the best. */
  readonly hasValidation: boolean;
}

export type AccuracyCell = {
  /** Percent, mean over seeds or folds. */
  readonly value: number;
  /** Half the 95 % Student t interval over them; null with one. */
  readonly halfWidth: number | null;
  /**
   * Whether it is the best loss of its column, backbone and batch size, by a paired t test against the second best. The
   * tests are Holm-corrected over the table.
   */
  readonly best: boolean;
} | null;

/** @param rows the seed table of one suite */
export function accuracyTable(rows: readonly SeedRow[]): AccuracyTable {
  const accuracies = rows.filter(({ measure }) => measure === 'accuracy');
  const columns = [...new Set(accuracies.map(columnOf))];
  const byBlock = groupBy(accuracies, blockOf);
  const blocks = [...byBlock.keys()];
  const groups = blocks.flatMap((block) => {
    const byColumn = groupBy(byBlock.get(block)!, columnOf);
    return columns.map((column) => contenders(byColumn.get(column) ?? []));
  });
  const compared = groups.filter(({ byLoss }) => byLoss.length > 1 && !byLoss[0]!.runs.some(isOnValidation));
  const tested = [...corrected(compared, ({ pValue }) => pValue)];
  const best = new Set(tested.flatMap(([{ byLoss }, pHolm]) => (pHolm < SIGNIFICANCE ? [byLoss[0]] : [])));
  const losses = new Set(accuracies.map(({ loss }) => loss));
  return {
    columns: ['backbone', 'batch', 'loss', ...columns],
    hasValidation: accuracies.some(isOnValidation),
    rows: blocks.flatMap((block, b) => {
      const inBlock = groups.slice(b * columns.length, (b + 1) * columns.length);
      const { backbone, batch_size } = byBlock.get(block)![0]!;
      return [...losses].flatMap((loss) => {
        const cells = inBlock.map(({ byLoss }): AccuracyCell => {
          const found = byLoss.find((one) => one.loss === loss);
          if (found === undefined) return null;
          const { value, halfWidth } = found;
          return { value, halfWidth, best: best.has(found) };
        });
        if (cells.every((cell) => cell === null)) return [];
        return [{ titles: [backbone, String(batch_size), loss], cells }];
      });
    }),
  };
}

interface Contender extends Omit<NonNullable<AccuracyCell>, 'best'> {
  readonly loss: string;
  readonly runs: readonly SeedRow[];
}

/** The losses of one column, best first, and the p value of the paired test of the first against the second. */
function contenders(runs: readonly SeedRow[]): { byLoss: Contender[]; pValue: number | null } {
  const byLoss = [...groupBy(runs, ({ loss }) => loss)]
    .map(([loss, own]) => {
      const interval = meanInterval(unitValues(own));
      const halfWidth = interval.kind === 'interval' ? interval.halfWidth : null;
      return { loss, runs: own, value: interval.mean!, halfWidth };
    })
    .sort((one, other) => other.value - one.value);
  const [first, second] = byLoss;
  if (first === undefined || second === undefined) return { byLoss, pValue: null };
  return { byLoss, pValue: compareBySeed(first.runs, second.runs).pValue };
}

function blockOf({ backbone, weights, batch_size, image_size }: SeedRow): string {
  return JSON.stringify([backbone, weights, batch_size, image_size]);
}

function columnOf({ dataset, shot, classifier, protocol, evaluated_on }: SeedRow): string {
  return rowTitle({ dataset, shot, classifier, protocol, evaluated_on });
}
