/**
 * Compares two methods in every setting that has runs of both. Comparisons are paired by seed and Holm-corrected over all
 * comparisons of one call.
 */
import { groupBy } from './group-by.ts';
import { compareBySeed, corrected } from './paired-by-seed.ts';
import type { SeedRow } from './tables/seed-table.ts';

/** The fields that two rows must share to compare their losses. */
export type SharedSetting = Omit<SeedRow, 'loss' | 'measure' | 'fold' | 'seed' | 'value' | 'cell'>;

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
  const concerned: SeedRow[] = [];
  for (const row of rows) {
    if (row.measure === 'accuracy' && (row.loss === method || row.loss === other)) concerned.push(row);
  }
  // A group's rows differ only in loss, fold and seed.
  const groups = [...groupBy(concerned, (row) => JSON.stringify(settingOf(row))).values()];
  const comparisons = groups.flatMap((group) => {
    const runsOf = (name: string) => group.filter(({ loss }) => loss === name);
    const compared = compareBySeed(runsOf(method), runsOf(other));
    return compared.pairs.length === 0 ? [] : [compared];
  });
  const pHolms = corrected(comparisons, ({ pValue }) => pValue);
  return comparisons.map((comparison) => {
    const { pairs, units, lower, upper } = comparison;
    const difference = comparison.difference!;
    const pHolm = pHolms.get(comparison) ?? null;
    const decided = pHolm !== null && pHolm < SIGNIFICANCE;
    return {
      setting: settingOf(pairs[0]![0]),
      ...{ method, other, units, difference, lower, upper, pHolm },
      outcome: decided ? (difference > 0 ? 'better' : 'worse') : 'undecided',
      cells: pairs.flatMap(([our, their]) => [our.cell, their.cell]),
    };
  });
}

function settingOf({
  loss: _,
  measure: __,
  fold: ___,
  seed: ____,
  value: _____,
  cell: ______,
  ...setting
}: SeedRow): SharedSetting {
  return setting;
}
