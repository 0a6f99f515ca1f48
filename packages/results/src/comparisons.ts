/**
 * Compares two methods in every setting that has runs of both. Comparisons are paired by seed and Holm-corrected over all
 * comparisons of one call.
 */
import { holm, pairedDifference } from '@clce/statistics';
import { groupBy } from './group-by.ts';
import { boundsOf } from './tables/bounds.ts';
import type { SeedRow } from './tables/seed-table.ts';

/** The fields that two rows must share to compare their losses. */
export type SharedSetting = Omit<SeedRow, 'loss' | 'measure' | 'seed' | 'value' | 'cell'>;

export interface MethodComparison {
  readonly setting: SharedSetting;
  readonly method: string;
  readonly other: string;
  readonly seeds: number;
  /** `method` minus `other` in percentage points, mean over the seeds of both. */
  readonly difference: number;
  /** 95 % Student t interval over seeds; null with one seed. */
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

/** Compares accuracies only. The result is in the order of the rows. */
export function compareMethods(rows: readonly SeedRow[], method: string, other: string): MethodComparison[] {
  const compared = [
    ...groupBy(
      rows.filter(({ measure }) => measure === 'accuracy'),
      // A group's rows differ only in loss and seed.
      (row) => JSON.stringify(settingOf(row)),
    ).values(),
  ].flatMap((group) => {
    const theirs = new Map(group.filter(({ loss }) => loss === other).map((row) => [row.seed, row]));
    const pairs = group.flatMap((row) => {
      const paired = row.loss === method ? theirs.get(row.seed) : undefined;
      return paired === undefined ? [] : [[row, paired] as const];
    });
    return pairs.length === 0 ? [] : [comparePairs(pairs, method, other)];
  });
  const tested = compared.filter(({ pValue }) => pValue !== null);
  const corrected = holm(tested.map(({ pValue }) => pValue!));
  return compared.map(({ pValue: _, ...comparison }) => {
    const at = tested.findIndex(({ setting }) => setting === comparison.setting);
    const pHolm = at < 0 ? null : corrected[at]!;
    const decided = pHolm !== null && pHolm < SIGNIFICANCE;
    const outcome = decided ? (comparison.difference > 0 ? 'better' : 'worse') : 'undecided';
    return { ...comparison, pHolm, outcome };
  });
}

type Compared = Omit<MethodComparison, 'pHolm' | 'outcome'> & { readonly pValue: number | null };

function comparePairs(
  pairs: readonly (readonly [SeedRow, SeedRow])[],
  method: string,
  other: string,
): Compared {
  const { interval, meanDifference, test } = pairedDifference(
    pairs.map(([{ value }]) => value),
    pairs.map(([, { value }]) => value),
  );
  const [lower, upper] = boundsOf(interval);
  return {
    setting: settingOf(pairs[0]![0]),
    method,
    other,
    seeds: pairs.length,
    difference: meanDifference!,
    lower,
    upper,
    pValue: test.kind === 'tested' ? test.pValue : null,
    cells: pairs.flatMap(([ours, theirs]) => [ours.cell, theirs.cell]),
  };
}

function settingOf({
  loss: _,
  measure: __,
  seed: ___,
  value: ____,
  cell: _____,
  ...setting
}: SeedRow): SharedSetting {
  return setting;
}
