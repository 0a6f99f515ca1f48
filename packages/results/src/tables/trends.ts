/**
 * Does a figure rise with the batch size or with the contrastive group, and faster than with the reference loss? For each method
 * the table has the slope over log₂(size), in units of the measure per doubling. It fits one line per seed and takes Student's t
 * interval of the seeds' slopes. It does the same for the differences to the reference, paired by seed and size. With folds, it fits
 * one line per fold, over the means of the fold's seeds.
 */
import { doublingTrend, mean } from '@clce/statistics';
import { csvOf } from '@clce/text';
import type { TrainingFacts } from '../cell/cell-facts.ts';
import { type EvaluatedOn, evaluatedOn } from '../cell/evaluated-on.ts';
import type { FinishedCell } from '../cell/reported-result.ts';
import { groupBy } from '../group-by.ts';
import { type Measure, measurementsOf } from '../measurements.ts';
import { GROUP_IN_TITLES } from '../row-title.ts';
import { type RunCounts, runCounts } from '../settings.ts';
import { boundsOf } from './bounds.ts';
import { type LossColumns, lossColumnsOf, withParameters } from './loss-columns.ts';

/** A slope has a line for each seed, or for each fold where there are any. */
export interface TrendRow extends LossColumns, RunCounts {
  readonly dataset: string;
  readonly backbone: string;
  readonly loss: string;
  /** What the figures are measured on. */
  readonly evaluated_on: EvaluatedOn;
  readonly shot: number | null;
  readonly classifier: string;
  readonly measure: Measure;
  readonly batch_sizes: number;
  /** Sizes of the contrastive group, the whole batch among them, in batches of one size; null for a slope over the batch size. */
  readonly contrastive_groups: number | null;
  /** Units of the measure per doubling of the size, mean over these lines, with the 95 % interval from two lines on. */
  readonly slope: number;
  readonly slope_lower: number | null;
  readonly slope_upper: number | null;
  readonly reference: string | null;
  /** Slope of the differences to the reference; null for the reference itself. */
  readonly difference: number | null;
  readonly difference_lower: number | null;
  readonly difference_upper: number | null;
}

const COLUMNS: readonly (keyof TrendRow)[] = [
  'dataset',
  'backbone',
  'loss',
  'loss_name',
  'evaluated_on',
  'shot',
  'classifier',
  'measure',
  'batch_sizes',
  'contrastive_groups',
  'seeds',
  'folds',
  'slope',
  'slope_lower',
  'slope_upper',
  'reference',
  'difference',
  'difference_lower',
  'difference_upper',
];

/**
 * One row per method and measurement with at least two batch sizes, then one with at least two contrastive groups. Seeds with only
 * one size are dropped.
 *
 * @param reference the method with which the other methods are compared
 */
export function trendTable(cells: readonly FinishedCell[], reference: string): TrendRow[] {
  const hasGroups = cells.some(({ facts }) => facts.kind === 'training' && facts.contrastiveGroup !== null);
  return [
    ...trendsOver(BATCH_SIZE, cells, reference),
    ...(hasGroups ? trendsOver(GROUP, cells, reference) : []),
  ];
}

/** A size of which a method has several. */
interface Varied {
  /** The title of a method without the size. */
  readonly methodOf: (title: string) => string;
  /** The batch size, where it is not the size that is varied. */
  readonly batchOf: (facts: TrainingFacts) => number | null;
  readonly sizeOf: (facts: TrainingFacts) => number;
  readonly columns: (sizes: number) => Pick<TrendRow, 'batch_sizes' | 'contrastive_groups'>;
  /** The reference's value at a size. */
  readonly valueAt: (reference: readonly Point[], size: number) => number | undefined;
}

const BATCH_SIZE: Varied = {
  methodOf: (title) => title,
  batchOf: () => null,
  sizeOf: ({ batchSize }) => batchSize,
  columns: (sizes) => ({ batch_sizes: sizes, contrastive_groups: null }),
  valueAt: valueOfSize,
};

const GROUP: Varied = {
  methodOf: (title) => title.replace(new RegExp(`, ${GROUP_IN_TITLES} = \\d+`), ''),
  batchOf: ({ batchSize }) => batchSize,
  sizeOf: ({ contrastiveGroup, batchSize }) => contrastiveGroup ?? batchSize,
  columns: (sizes) => ({ batch_sizes: 1, contrastive_groups: sizes }),
  // A reference without a contrastive term has one run for all groups.
  valueAt: (reference, size) => (reference.length === 1 ? reference[0]!.value : valueOfSize(reference, size)),
};

function valueOfSize(points: readonly Point[], size: number): number | undefined {
  return points.find(({ batchSize }) => batchSize === size)?.value;
}

function trendsOver(over: Varied, cells: readonly FinishedCell[], reference: string): TrendRow[] {
  const series = new Map<string, Series>();
  for (const { facts, result } of cells) {
    if (facts.kind !== 'training') continue;
    const { dataset, backbone } = facts;
    const columns = lossColumnsOf(facts);
    const loss = over.methodOf(facts.loss);
    const batch = over.batchOf(facts);
    const ofCell = keyOfCell({ dataset, backbone, loss, batch });
    const size = over.sizeOf(facts);
    for (const measurement of measurementsOf(result)) {
      const { measure, shot, classifier, value } = measurement;
      const key = keyWithin(ofCell, { shot, classifier, measure });
      const { byUnit, cells: own } =
        series.get(key) ??
        series
          .set(key, {
            batch,
            of: {
              ...{ dataset, backbone, loss, evaluated_on: evaluatedOn(facts, measurement), ...columns },
              ...{ shot, classifier, measure },
            },
            byUnit: new Map(),
            cells: [],
          })
          .get(key)!;
      const unit = unitOf(facts);
      own.push({ facts });
      const points = byUnit.get(unit);
      if (points === undefined) byUnit.set(unit, [{ batchSize: size, value }]);
      else points.push({ batchSize: size, value });
    }
  }
  for (const { byUnit } of series.values()) {
    for (const [unit, points] of byUnit) byUnit.set(unit, meansOfSizes(points));
  }
  const referenceMethod = over.methodOf(reference);
  return [...series.values()].flatMap(({ batch, of, byUnit, cells: own }) => {
    const lines = trendable(byUnit);
    if (lines.size === 0) return [];
    const slope = doublingTrend([...lines.values()]);
    const other =
      of.loss === referenceMethod ? undefined : series.get(keyOf({ ...of, loss: referenceMethod }, batch));
    const differences =
      other === undefined ? [] : [...trendable(differencesOf(byUnit, other.byUnit, over)).values()];
    const difference = differences.length === 0 ? undefined : doublingTrend(differences);
    const [slope_lower, slope_upper] = boundsOf(slope);
    const [difference_lower, difference_upper] = boundsOf(difference);
    return [
      {
        ...of,
        ...over.columns(new Set([...lines.values()].flat().map(({ batchSize }) => batchSize)).size),
        ...runCounts(own.filter(({ facts }) => lines.has(unitOf(facts)))),
        slope: slope.mean!,
        slope_lower,
        slope_upper,
        reference: difference === undefined ? null : referenceMethod,
        difference: difference?.mean ?? null,
        difference_lower,
        difference_upper,
      },
    ];
  });
}

/** The rows as CSV (RFC 4180) with full precision; missing figures are empty. */
export function trendCsv(rows: readonly TrendRow[]): string {
  return csvOf(withParameters(COLUMNS, rows), rows);
}

type SeriesSetting = Pick<TrendRow, 'dataset' | 'backbone' | 'loss' | 'shot' | 'classifier' | 'measure'>;

interface Point {
  readonly batchSize: number;
  readonly value: number;
}

interface Series {
  readonly of: SeriesSetting & LossColumns & Pick<TrendRow, 'evaluated_on'>;
  /** The size of all batches, where the group is varied. */
  readonly batch: number | null;
  readonly byUnit: Map<number, Point[]>;
  readonly cells: { readonly facts: TrainingFacts }[];
}

/** The line of a training run: its fold's, or its seed's without folds. */
function unitOf({ split, seed }: TrainingFacts): number {
  return split.fold ?? seed;
}

function keyOf(setting: SeriesSetting, batch: number | null): string {
  return keyWithin(keyOfCell({ ...setting, batch }), setting);
}

/** Once for the many measurements of a cell. */
function keyOfCell({
  dataset,
  backbone,
  loss,
  batch,
}: Pick<SeriesSetting, 'dataset' | 'backbone' | 'loss'> & Pick<Series, 'batch'>): string {
  return JSON.stringify([dataset, backbone, loss, batch]);
}

function keyWithin(
  ofCell: string,
  { shot, classifier, measure }: Pick<SeriesSetting, 'shot' | 'classifier' | 'measure'>,
): string {
  return `${ofCell} ${shot} ${measure} ${classifier}`;
}

/** One point for each size: the mean over the seeds of a fold. */
function meansOfSizes(points: readonly Point[]): Point[] {
  const sizes = groupBy(points, ({ batchSize }) => String(batchSize));
  return [...sizes.values()].map((ofSize) => ({
    batchSize: ofSize[0].batchSize,
    value: mean(ofSize.map(({ value }) => value)),
  }));
}

/** The points of each seed or fold with at least two sizes. */
function trendable(byUnit: ReadonlyMap<number, readonly Point[]>): Map<number, readonly Point[]> {
  return new Map(
    [...byUnit].filter(([, points]) => new Set(points.map(({ batchSize }) => batchSize)).size > 1),
  );
}

/** Our values minus theirs, at the seeds or folds and sizes of both. */
function differencesOf(
  ours: Series['byUnit'],
  theirs: Series['byUnit'],
  { valueAt }: Varied,
): Map<number, readonly Point[]> {
  return new Map(
    [...ours].map(([unit, points]) => {
      const others = theirs.get(unit) ?? [];
      const both = points.flatMap(({ batchSize, value }) => {
        const other = valueAt(others, batchSize);
        return other === undefined ? [] : [{ batchSize, value: value - other }];
      });
      return [unit, both];
    }),
  );
}
