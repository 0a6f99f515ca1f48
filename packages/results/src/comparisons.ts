/**
 * Compares two methods in every setting that has runs of both. Comparisons are paired by seed and Holm-corrected over all
 * comparisons of one call.
 */
import { groupBy } from './group-by.ts';
import { compareBySeed, corrected } from './paired-by-seed.ts';
import type { SeedRow } from './tables/seed-table.ts';

/** The fields that two rows must share to compare their losses. A contrastive group belongs to the loss. */
export type SharedSetting = Omit<
  SeedRow,
  'loss' | 'contrastive_group' | 'measure' | 'fold' | 'seed' | 'value' | 'cell'
>;

export interface MethodComparison {
  readonly setting: SharedSetting;
  readonly method: string;
  readonly other: string;
  /** Number of differences behind the interval: of folds, or of seeds without folds. */
  readonly units: number;
  /** `method` minus `other` in percentage points, mean over these differences. */
  readonly difference: number;
  /** 95 % Student t interval; null with one difference. */
  readonly lower: number | null;
  readonly upper: number | null;
  /** p value of the paired t test, Holm-corrected over the comparisons of one call; null without a test. */
  readonly pHolm: number | null;
  readonly outcome: 'better' | 'worse' | 'undecided';
  /** Cells of both methods, as named in the table. */
  readonly cells: readonly string[];
}

/** A comparison is decided if its corrected p value is below this level. */
export const SIGNIFICANCE = 0.05;

/** Compares accuracies only. The result is in the order of these rows. */
export function compareMethods(rows: Iterable<SeedRow>, method: string, other: string): MethodComparison[] {
  return compare(rows, method, other, (rest) => rest === '');
}

/**
 * The same, and each variant of the method with the variant of the other whose title goes on alike: `CLCE, 400 steps` and
 * `CE, 400 steps`.
 */
export function compareVariants(rows: Iterable<SeedRow>, method: string, other: string): MethodComparison[] {
  return compare(rows, method, other, (rest) => rest === '' || rest.startsWith(', '));
}

/** @param isCompared whether variants are compared, by the part of the title behind the method's */
function compare(
  rows: Iterable<SeedRow>,
  method: string,
  other: string,
  isCompared: (rest: string) => boolean,
): MethodComparison[] {
  const restOf = ({ loss }: SeedRow, name: string): string | undefined => {
    const rest = loss.slice(name.length);
    return loss.startsWith(name) && isCompared(rest) ? rest : undefined;
  };
  const concerned: { readonly row: SeedRow; readonly rest: string }[] = [];
  for (const row of rows) {
    if (row.measure !== 'accuracy') continue;
    const rest = restOf(row, method) ?? restOf(row, other);
    if (rest !== undefined) concerned.push({ row, rest });
  }
  // A group's rows differ only in loss, fold and seed.
  const groups = [...groupBy(concerned, ({ row, rest }) => JSON.stringify([settingOf(row), rest])).values()];
  const comparisons = groups.flatMap((group) => {
    const runsOf = (name: string) =>
      group.flatMap(({ row }) => (restOf(row, name) === undefined ? [] : [row]));
    const compared = compareBySeed(runsOf(method), runsOf(other));
    return compared.pairs.length === 0 ? [] : [compared];
  });
  const pHolms = corrected(comparisons, ({ pValue }) => pValue);
  return comparisons.map((comparison) => {
    const { pairs, units, lower, upper } = comparison;
    const [our, their] = pairs[0]!;
    const difference = comparison.difference!;
    const pHolm = pHolms.get(comparison) ?? null;
    const decided = pHolm !== null && pHolm < SIGNIFICANCE;
    return {
      setting: settingOf(our),
      ...{ method: our.loss, other: their.loss, units, difference, lower, upper, pHolm },
      outcome: decided ? (difference > 0 ? 'better' : 'worse') : 'undecided',
      cells: pairs.flatMap(([one, two]) => [one.cell, two.cell]),
    };
  });
}

function settingOf({
  loss: _,
  contrastive_group: __,
  measure: ___,
  fold: ____,
  seed: _____,
  value: ______,
  cell: _______,
  ...setting
}: SeedRow): SharedSetting {
  return setting;
}
