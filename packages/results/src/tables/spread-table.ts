/** How much a difference of two methods varies between folds, training runs and classes: what `clce power` asks for. */
import { type ClassAccuracy, type RunValue, type Spreads, spreadsOf } from '@clce/statistics';
import { csvOf } from '@clce/text';
import type { FinishedCell } from '../cell/reported-result.ts';
import { comparedSettings, type VerdictPlan } from './verdict-table.ts';

export interface SpreadRow {
  readonly dataset: string;
  readonly backbone: string;
  readonly batch_size: number;
  readonly score: string;
  readonly method: string;
  /** The figures are of method minus other; of the method alone where null. */
  readonly other: string | null;
  readonly folds: number;
  readonly seeds: number;
  /** Mean number of classes of a fold. */
  readonly classes: number;
  /** Standard deviations in points of accuracy: see `Spreads`. */
  readonly fold_spread: number;
  readonly seed_spread: number;
  readonly class_spread: number;
  readonly rest_spread: number;
}

const COLUMNS: readonly (keyof SpreadRow)[] = [
  'dataset',
  'backbone',
  'batch_size',
  'score',
  'method',
  'other',
  'folds',
  'seeds',
  'classes',
  'fold_spread',
  'seed_spread',
  'class_spread',
  'rest_spread',
];

/** A row for each planned comparison, and for each of its methods alone, where every fold has two seeds. */
export function spreadTable(cells: readonly FinishedCell[], plan: VerdictPlan): SpreadRow[] {
  const methods = [...new Set(plan.comparisons.flat())];
  return comparedSettings(cells).flatMap(({ facts, accuraciesOf }) =>
    plan.scores.flatMap((score) => {
      const of = new Map(methods.map((method) => [method, accuraciesOf(method, score)]));
      const alone = methods.map((method) => ({ method, other: null, values: valuesOf(of.get(method)!) }));
      const compared = plan.comparisons.map(([method, other]) => ({
        ...{ method, other },
        values: differencesOf(of.get(method)!, of.get(other)!),
      }));
      return [...alone, ...compared].flatMap(({ method, other, values }): SpreadRow[] => {
        const spreads = spreadsOf(values);
        if (spreads === null) return [];
        const { dataset, backbone, batchSize: batch_size } = facts;
        return [
          { dataset, backbone, batch_size, score, method, other, ...sizesOf(values), ...columnsOf(spreads) },
        ];
      });
    }),
  );
}

/** The rows as CSV (RFC 4180) with full precision. */
export function spreadCsv(rows: readonly SpreadRow[]): string {
  return csvOf(COLUMNS, rows);
}

function columnsOf({ fold, seed, class: ofClass, rest }: Spreads) {
  return { fold_spread: fold, seed_spread: seed, class_spread: ofClass, rest_spread: rest };
}

function sizesOf(values: readonly RunValue[]): Pick<SpreadRow, 'folds' | 'seeds' | 'classes'> {
  const count = (of: (value: RunValue) => unknown) => new Set(values.map(of)).size;
  const folds = count(({ fold }) => fold);
  return {
    folds,
    seeds: count(({ seed }) => seed),
    classes: count((value) => `${value.fold} ${value.class}`) / folds,
  };
}

function valuesOf(accuracies: readonly ClassAccuracy[]): RunValue[] {
  return accuracies.map(({ accuracy: value, ...run }) => ({ ...run, value }));
}

/** At the classes and training runs of both methods. */
function differencesOf(ours: readonly ClassAccuracy[], theirs: readonly ClassAccuracy[]): RunValue[] {
  const keyOf = ({ fold, class: label, seed }: ClassAccuracy) => JSON.stringify([fold, label, seed]);
  const others = new Map(theirs.map((one) => [keyOf(one), one.accuracy]));
  return ours.flatMap(({ accuracy, ...run }) => {
    const other = others.get(keyOf({ accuracy, ...run }));
    return other === undefined ? [] : [{ ...run, value: accuracy - other }];
  });
}
