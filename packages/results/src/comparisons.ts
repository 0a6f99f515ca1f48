/**
 * Compares methods in every setting that has runs of both. Comparisons are paired by seed and Holm-corrected over all
 * comparisons of one call.
 */
import { isOnValidation } from './cell/evaluated-on.ts';
import { groupBy } from './group-by.ts';
import { compareBySeed, corrected, type SeedComparison } from './paired-by-seed.ts';
import { isParameterColumn } from './tables/loss-columns.ts';
import type { SeedRow } from './tables/seed-table.ts';

/** The columns in which two compared rows may differ: the method, its contrastive group and cost, and the measurement. */
const OWN_COLUMNS = [
  'loss',
  'loss_name',
  'contrastive_group',
  'optimizer',
  'learning_rate',
  'epochs',
  'steps',
  'images',
  'measure',
  'fold',
  'seed',
  'value',
  'cell',
] as const satisfies readonly (keyof SeedRow)[];

/** The fields that two rows must share to compare their losses. */
export type SharedSetting = Omit<SeedRow, (typeof OWN_COLUMNS)[number]>;

/** A comparison of our runs with theirs in one setting. */
export interface SettingComparison extends SeedComparison<SeedRow> {
  readonly setting: SharedSetting;
}

export interface MethodComparison {
  readonly setting: SharedSetting;
  readonly method: string;
  readonly other: string;
  /** Number of differences behind the interval: of folds, or of seeds without folds. */
  readonly units: number;
  /** `method` minus `other` in percentage points, mean over these differences. */
  readonly difference: number;
  /** 95 % Student t interval, not adjusted for the other comparisons; null with one difference. */
  readonly lower: number | null;
  readonly upper: number | null;
  /** p value of the paired t test, Holm-corrected over the judged comparisons of one call; null without a test. */
  readonly pHolm: number | null;
  /** Comparisons on validation data are not judged. */
  readonly outcome: Outcome | 'not judged';
  /** Cells of both methods, as named in the table. */
  readonly cells: readonly string[];
}

export type Outcome = 'better' | 'worse' | 'undecided';

/** A comparison is decided if its corrected p value is below this level. */
export const SIGNIFICANCE = 0.05;

export function outcomeOf(difference: number, pHolm: number | null): Outcome {
  if (pHolm === null || pHolm >= SIGNIFICANCE) return 'undecided';
  return difference > 0 ? 'better' : 'worse';
}

/** Compares the accuracies of several pairs of methods as one family of tests, pair after pair. */
export function comparePairs(
  rows: Iterable<SeedRow>,
  pairs: readonly (readonly [method: string, other: string])[],
): MethodComparison[] {
  const concerned = new Map<string, SeedRow[]>(pairs.flat().map((name) => [name, []]));
  for (const row of rows) if (row.measure === 'accuracy') concerned.get(row.loss)?.push(row);
  const comparisons = pairs.flatMap(([method, other]) =>
    compareSettings(concerned.get(method)!, concerned.get(other)!).map((compared) => ({
      method,
      other,
      compared,
    })),
  );
  const judged = comparisons.filter(({ compared }) => !isOnValidation(compared.setting));
  const pHolms = corrected(judged, ({ compared }) => compared.pValue);
  return comparisons.map((comparison) => {
    const { method, other, compared } = comparison;
    const { setting, pairs: runs, units, lower, upper } = compared;
    const difference = compared.difference!;
    const pHolm = pHolms.get(comparison) ?? null;
    return {
      ...{ setting, method, other, units, difference, lower, upper, pHolm },
      outcome: isOnValidation(setting) ? 'not judged' : outcomeOf(difference, pHolm),
      cells: runs.flatMap(([our, their]) => [our.cell, their.cell]),
    };
  });
}

/**
 * The two methods, and each variant of the first with the variant of the other whose title goes on alike: `CLCE, 400 steps` and `CE,
 * 400 steps`.
 *
 * @param methods titles of the methods that were run
 */
export function variantPairs(
  methods: readonly string[],
  method: string,
  other: string,
): (readonly [string, string])[] {
  return methods.flatMap((title) => {
    const rest = title.slice(method.length);
    const isVariant = title.startsWith(method) && (rest === '' || rest.startsWith(', '));
    return isVariant && methods.includes(other + rest) ? [[title, other + rest] as const] : [];
  });
}

/** One comparison for each setting with a seed of both, in the order of our rows. */
export function compareSettings(ours: readonly SeedRow[], theirs: readonly SeedRow[]): SettingComparison[] {
  const others = groupBy(theirs, settingKey);
  return [...groupBy(ours, settingKey)].flatMap(([key, group]) => {
    const compared = compareBySeed(group, others.get(key) ?? []);
    return compared.pairs.length === 0 ? [] : [{ ...compared, setting: sharedSetting(group[0]) }];
  });
}

/** Equal for two rows that share all fields of `SharedSetting`. */
export function settingKey(row: SeedRow): string {
  return JSON.stringify(sharedSetting(row));
}

function sharedSetting(row: SeedRow): SharedSetting {
  const own: readonly string[] = OWN_COLUMNS;
  return Object.fromEntries(
    Object.entries(row).filter(([column]) => !own.includes(column) && !isParameterColumn(column)),
  ) as unknown as SharedSetting;
}
