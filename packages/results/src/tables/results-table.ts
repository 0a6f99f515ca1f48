/**
 * The table of a suite: one tidy row per data set × backbone × loss × batch size × shot × classifier × measure.
 *
 * A row has two intervals for two questions. Over episodes: how sure is the accuracy of *these* trained models on episodes
 * of this kind? Over seeds: how sure is the accuracy of the *method*, trained again? The difference to the reference loss
 * is paired by seed: same initial weights, same batches, same episodes. The gain of training is the difference to the
 * same measure on raw pixels; it is paired by episode.
 */
import { mean, meanInterval, normalInterval } from '@clce/statistics';
import { csvOf } from '@clce/text';
import type { CellFacts, SplitFacts, WithFacts } from '../cell/cell-facts.ts';
import { type EvaluatedOn, evaluatedOn, isOnValidation } from '../cell/evaluated-on.ts';
import type { FinishedCell } from '../cell/reported-result.ts';
import { type Outcome, outcomeOf } from '../comparisons.ts';
import { groupBy } from '../group-by.ts';
import { type Measure, type Measurement, measurementsOf, measures } from '../measurements.ts';
import { compareBySeed, corrected, type SeedValue, unitValues } from '../paired-by-seed.ts';
import { groupBySetting, pixelsKey, runCounts, settingKey, weightsColumn } from '../settings.ts';
import { boundsOf } from './bounds.ts';
import { type CostColumns, costOf } from './cost-columns.ts';
import { type LossColumns, lossColumnsOf, withParameters } from './loss-columns.ts';

/** Figures and differences are in the unit of the measure, or null if missing (one seed, or the reference itself). */
export interface ResultRow extends LossColumns, CostColumns {
  readonly dataset: string;
  readonly image_size: number;
  /** The sides of the data. */
  readonly split: SplitFacts['kind'];
  readonly backbone: string;
  /** `random`, or the first twelve digits of the SHA-256 of the file of pretrained weights; null for raw pixels. */
  readonly weights: string | null;
  readonly loss: string;
  readonly batch_size: number | null;
  /** Part of the batch that a sample is contrasted with, counted as the batch is; null for the whole batch. */
  readonly contrastive_group: number | null;
  /** Percent of the images of a training batch that share their class with another image of the batch. */
  readonly positives: number | null;
  readonly protocol: CellFacts['protocol'];
  /** What the figure is measured on. */
  readonly evaluated_on: EvaluatedOn;
  readonly way: number | null;
  readonly shot: number | null;
  readonly classifier: string;
  readonly measure: Measure;
  readonly value: number;
  /** 95 % normal interval over episodes; each episode is averaged over seeds. */
  readonly episode_lower: number | null;
  readonly episode_upper: number | null;
  readonly episodes: number;
  /** 95 % Student t interval over seeds; with folds, over the means of the folds. */
  readonly seed_lower: number | null;
  readonly seed_upper: number | null;
  readonly seeds: number;
  /** Number of folds that the row has; null without folds. */
  readonly folds: number | null;
  /** Value minus the value of raw pixels, with the 95 % normal interval over the same episodes. */
  readonly over_pixels: number | null;
  readonly over_pixels_lower: number | null;
  readonly over_pixels_upper: number | null;
  readonly reference: string | null;
  /** Value minus the reference's value, mean over seeds or folds, with the 95 % Student t interval. */
  readonly difference: number | null;
  readonly difference_lower: number | null;
  readonly difference_upper: number | null;
  /** Paired t test over seeds, or over the means of folds, two-sided. */
  readonly p_value: number | null;
  /** The p value, Holm-corrected over all tests of the table with the same measure. */
  readonly p_holm: number | null;
  /** Of the difference, by the corrected p value; null without a comparison, and on validation data. */
  readonly verdict: Outcome | null;
  /** First twelve hexadecimal digits of the keys of the cells behind the row, in the order of the seeds. */
  readonly cells: string;
}

/** The fields that rows share if they differ only in shot, classifier and measure. */
export type RowSetting = Pick<
  ResultRow,
  'dataset' | 'backbone' | 'loss' | 'batch_size' | 'seeds' | 'folds' | 'evaluated_on'
> &
  Partial<Pick<ResultRow, 'protocol'>>;

/** Columns of the CSV file, in order. */
const COLUMNS = [
  'dataset',
  'image_size',
  'split',
  'backbone',
  'weights',
  'loss',
  'loss_name',
  'batch_size',
  'contrastive_group',
  'optimizer',
  'learning_rate',
  'epochs',
  'steps',
  'images',
  'positives',
  'protocol',
  'evaluated_on',
  'way',
  'shot',
  'classifier',
  'measure',
  'value',
  'episode_lower',
  'episode_upper',
  'episodes',
  'seed_lower',
  'seed_upper',
  'seeds',
  'folds',
  'over_pixels',
  'over_pixels_lower',
  'over_pixels_upper',
  'reference',
  'difference',
  'difference_lower',
  'difference_upper',
  'p_value',
  'p_holm',
  'verdict',
  'cells',
] as const satisfies readonly (keyof ResultRow)[];

/**
 * A cell that diverged has no figures, and so no part in any row.
 *
 * @param cells finished cells of one preset, in the order of its expansion
 * @param reference the method with which the other methods are compared
 * @param planned all cells of the preset: a method whose cells have failed stays in the family of the tests
 */
export function resultsTable(
  cells: readonly FinishedCell[],
  reference: string,
  planned: readonly WithFacts[] = cells,
): ResultRow[] {
  const measured = cells
    .filter(({ result }) => result.diverged === undefined)
    .map((cell) => ({ ...cell, measured: measurementsOf(cell.result) }));
  const groups = groupBySetting(measured);
  const rows = [...groups.values()].flatMap((group) =>
    group[0].measured.map((measurement) => tableRow(group, measurement, groups, reference)),
  );
  const missing = [...groupBySetting(planned)].filter(
    ([setting, [{ facts }]]) => facts.kind === 'training' && facts.loss !== reference && !groups.has(setting),
  ).length;
  const pHolms = new Map(
    measures.flatMap((measure) => {
      const trained = rows.filter((row) => row.measure === measure && row.seeds > 0);
      const compared = trained.filter(({ loss }) => loss !== reference);
      const columns = new Set(trained.map(({ shot, classifier }) => JSON.stringify([shot, classifier])));
      const size = compared.length + missing * columns.size;
      return [...corrected(compared, (row) => row.p_value, size)];
    }),
  );
  return rows.map((row) => {
    const p_holm = pHolms.get(row) ?? null;
    const isJudged = row.difference !== null && !isOnValidation(row);
    return { ...row, p_holm, verdict: isJudged ? outcomeOf(row.difference!, p_holm) : null };
  });
}

/** The settings of the cells' rows, in the order of the table, with the number of all seeds. */
export function rowSettings(cells: readonly WithFacts[]): RowSetting[] {
  return [...groupBySetting(cells).values()].map(settingOf);
}

/** The rows as CSV (RFC 4180) with full precision; missing figures are empty. */
export function resultsCsv(rows: readonly ResultRow[]): string {
  return csvOf(withParameters(COLUMNS, rows), rows);
}

interface MeasuredCell extends FinishedCell {
  readonly measured: readonly Measurement[];
}

type Group = readonly [MeasuredCell, ...MeasuredCell[]];

function tableRow(
  group: Group,
  measurement: Measurement,
  groups: ReadonlyMap<string, Group>,
  reference: string,
): ResultRow {
  const { facts } = group[0];
  const { shot, classifier, measure } = measurement;
  const values = group.map((cell) => sameOf(cell, measurement)!);
  const value = mean(values.map((one) => one.value));
  const perEpisode = episodeMeans(group, measurement);
  const overEpisodes = perEpisode.length > 0 ? normalInterval(perEpisode) : undefined;
  const overSeeds =
    facts.kind === 'training' ? meanInterval(unitValues(seedValues(group, measurement))) : undefined;
  const [episode_lower, episode_upper] = boundsOf(overEpisodes);
  const [seed_lower, seed_upper] = boundsOf(overSeeds);
  return {
    ...settingOf(group),
    ...lossColumnsOf(facts),
    ...costOf(facts, group[0].result),
    image_size: facts.imageSize,
    split: facts.split.kind,
    weights: facts.kind === 'pixels' ? null : weightsColumn(facts.weights),
    contrastive_group: facts.kind === 'training' ? facts.contrastiveGroup : null,
    positives:
      facts.kind === 'training' ? 100 * mean(group.map(({ result }) => result.training!.positives)) : null,
    evaluated_on: evaluatedOn(facts, measurement),
    way: facts.way,
    shot,
    classifier,
    measure,
    value,
    episode_lower,
    episode_upper,
    episodes: perEpisode.length,
    seed_lower,
    seed_upper,
    ...gainOverPixels(group, measurement, groups, value, perEpisode),
    ...comparison(group, measurement, groups, reference),
    p_holm: null,
    verdict: null,
    cells: group.map(({ key }) => key.slice(0, 12)).join(' '),
  };
}

function settingOf(group: readonly [WithFacts, ...WithFacts[]]): Required<RowSetting> {
  const [{ facts }] = group;
  const { dataset, protocol, evaluatedOn: evaluated_on } = facts;
  const common = { dataset, protocol, evaluated_on };
  const { seeds, folds } = runCounts(group);
  if (facts.kind === 'training') {
    const { backbone, loss, batchSize } = facts;
    return { ...common, backbone, loss, batch_size: batchSize, seeds, folds };
  }
  const backbone = facts.kind === 'pixels' ? 'raw pixels' : facts.backbone;
  return { ...common, backbone, loss: 'none', batch_size: null, seeds: 0, folds };
}

/** The cell's measurement with the measure, shot and classifier of `wanted`. */
function sameOf({ measured }: MeasuredCell, wanted: Measurement): Measurement | undefined {
  for (const one of measured) {
    if (one.measure === wanted.measure && one.shot === wanted.shot && one.classifier === wanted.classifier) {
      return one;
    }
  }
  return undefined;
}

/** The gain over raw pixels, paired by episode; each episode is averaged over seeds. Without episodes there is no interval. */
function gainOverPixels(
  group: Group,
  { measure, shot }: Measurement,
  groups: ReadonlyMap<string, Group>,
  value: number,
  perEpisode: readonly number[],
): Pick<ResultRow, 'over_pixels' | 'over_pixels_lower' | 'over_pixels_upper'> {
  const { facts } = group[0];
  const baselines = groups.get(pixelsKey(facts));
  const pixels = baselines?.[0].measured.find(
    (baseline) => baseline.measure === measure && baseline.shot === shot,
  );
  // A fold without its baseline, or a baseline without its fold, has no pair.
  const folds = (cells: readonly WithFacts[]) =>
    [...new Set(cells.map((cell) => cell.facts.split.fold))].join();
  if (
    facts.kind === 'pixels' ||
    baselines === undefined ||
    pixels === undefined ||
    folds(baselines) !== folds(group)
  ) {
    return { over_pixels: null, over_pixels_lower: null, over_pixels_upper: null };
  }
  if (perEpisode.length === 0) {
    const ofPixels = mean(baselines.map((cell) => sameOf(cell, pixels)!.value));
    return { over_pixels: value - ofPixels, over_pixels_lower: null, over_pixels_upper: null };
  }
  const ofPixels = episodeMeans(baselines, pixels);
  const gain = normalInterval(perEpisode.map((accuracy, episode) => accuracy - ofPixels[episode]!));
  const [over_pixels_lower, over_pixels_upper] = boundsOf(gain);
  return { over_pixels: gain.mean, over_pixels_lower, over_pixels_upper };
}

type Comparison = Pick<
  ResultRow,
  'reference' | 'difference' | 'difference_lower' | 'difference_upper' | 'p_value'
>;

/** The comparison with the reference, paired by seed, over the seeds of both. */
function comparison(
  group: Group,
  measurement: Measurement,
  groups: ReadonlyMap<string, Group>,
  reference: string,
): Comparison {
  const none = {
    reference: null,
    difference: null,
    difference_lower: null,
    difference_upper: null,
    p_value: null,
  };
  const [{ facts }] = group;
  if (facts.kind !== 'training' || facts.loss === reference) return none;
  const others = groups.get(settingKey({ ...facts, loss: reference })) ?? [];
  const compared = compareBySeed(seedValues(group, measurement), seedValues(others, measurement));
  if (compared.pairs.length === 0) return none;
  const { difference, lower: difference_lower, upper: difference_upper, pValue: p_value } = compared;
  return { reference, difference, difference_lower, difference_upper, p_value };
}

function seedValues(cells: readonly MeasuredCell[], measurement: Measurement): SeedValue[] {
  return cells.flatMap((cell) => {
    const found = sameOf(cell, measurement);
    return cell.facts.kind !== 'training' || found === undefined
      ? []
      : [{ fold: cell.facts.split.fold, seed: cell.facts.seed, value: found.value }];
  });
}

/** Each episode's figure, averaged over the seeds; the episodes of one fold after those of another. */
function episodeMeans(cells: readonly MeasuredCell[], measurement: Measurement): number[] {
  const folds = groupBy(cells, ({ facts }) => String(facts.split.fold));
  return [...folds.values()].flatMap((ofFold) => {
    const bySeed = ofFold.map((cell) => sameOf(cell, measurement)!.episodes());
    return bySeed[0]!.map((_, episode) => mean(bySeed.map((figures) => figures[episode]!)));
  });
}
