/**
 * The few-shot table: one tidy row a data set × backbone × loss × batch size × shot × classifier.
 *
 * Two intervals that answer two questions are kept apart. Over episodes: how sure is the accuracy of *these* trained
 * models on episodes of this kind? Over seeds: how sure is the accuracy of the *method*, trained again? The difference
 * to the reference loss is paired by seed: same initial weights, same batches, same episodes. What training gains at all,
 * the difference to nearest centroid on raw pixels, is paired by episode.
 */
import { findLoss } from '@clce/losses';
import { holm, mean, meanInterval, normalInterval, pairedDifference } from '@clce/statistics';
import { stringify } from 'csv-stringify/sync';
import type { CellSpec } from './cell.ts';
import type { FewShotScore } from './few-shot.ts';
import type { CellResult } from './run-cell.ts';

export interface FinishedCell {
  readonly key: string;
  readonly spec: CellSpec;
  readonly result: CellResult;
}

/** Accuracies and differences in percent; null where a figure does not exist (one seed, or the reference itself). */
export interface FewShotRow {
  readonly dataset: string;
  readonly image_size: number;
  readonly backbone: string;
  readonly loss: string;
  readonly batch_size: number | null;
  readonly way: number;
  readonly shot: number;
  readonly classifier: string;
  readonly accuracy: number;
  /** 95 % normal interval over episodes, each averaged over seeds. */
  readonly episode_lower: number | null;
  readonly episode_upper: number | null;
  readonly episodes: number;
  /** 95 % Student t interval over seeds. */
  readonly seed_lower: number | null;
  readonly seed_upper: number | null;
  readonly seeds: number;
  /** Accuracy minus that of nearest centroid on raw pixels, with its 95 % normal interval over the same episodes. */
  readonly over_pixels: number | null;
  readonly over_pixels_lower: number | null;
  readonly over_pixels_upper: number | null;
  readonly reference: string | null;
  /** Accuracy minus the reference's, mean over seeds, with its 95 % Student t interval. */
  readonly difference: number | null;
  readonly difference_lower: number | null;
  readonly difference_upper: number | null;
  /** Paired t test over seeds, two-sided; then Holm-corrected over all tests of the table. */
  readonly p_value: number | null;
  readonly p_holm: number | null;
  /** First twelve hexadecimal digits of the keys of the cells behind the row, in the order of the seeds. */
  readonly cells: string;
}

/** Columns of the CSV file, in order. */
const COLUMNS: readonly (keyof FewShotRow)[] = [
  'dataset',
  'image_size',
  'backbone',
  'loss',
  'batch_size',
  'way',
  'shot',
  'classifier',
  'accuracy',
  'episode_lower',
  'episode_upper',
  'episodes',
  'seed_lower',
  'seed_upper',
  'seeds',
  'over_pixels',
  'over_pixels_lower',
  'over_pixels_upper',
  'reference',
  'difference',
  'difference_lower',
  'difference_upper',
  'p_value',
  'p_holm',
  'cells',
];

/**
 * @param cells finished cells of one preset, in the order of its expansion
 * @param reference name of the loss that the others are compared with
 */
export function fewShotTable(cells: readonly FinishedCell[], reference: string): FewShotRow[] {
  const groups = groupBySetting(cells);
  const rows = [...groups.values()].flatMap((group) =>
    group[0]!.result.scores.map((_, index) => tableRow(group, index, groups, reference)),
  );
  const tested = rows.filter((row) => row.p_value !== null);
  const corrected = holm(tested.map((row) => row.p_value!));
  return rows.map((row) => {
    const index = tested.indexOf(row);
    return index < 0 ? row : { ...row, p_holm: corrected[index]! };
  });
}

/** RFC 4180, full precision, empty where a figure does not exist. */
export function fewShotCsv(rows: readonly FewShotRow[]): string {
  return stringify([...rows], { header: true, columns: [...COLUMNS] });
}

type Group = readonly FinishedCell[];

/** Cells that differ in their seed alone. */
function groupBySetting(cells: readonly FinishedCell[]): Map<string, FinishedCell[]> {
  const groups = new Map<string, FinishedCell[]>();
  for (const cell of cells) {
    const key = settingKey(cell.spec);
    groups.set(key, [...(groups.get(key) ?? []), cell]);
  }
  return groups;
}

function settingKey(spec: CellSpec, loss?: string): string {
  if (spec.kind === 'pixels') return pixelsKey(spec.dataset.name);
  return JSON.stringify([spec.dataset.name, spec.backbone, spec.batchSize, loss ?? spec.loss.name]);
}

function pixelsKey(dataset: string): string {
  return JSON.stringify([dataset, 'pixels']);
}

function tableRow(
  group: Group,
  index: number,
  groups: ReadonlyMap<string, Group>,
  reference: string,
): FewShotRow {
  const [first] = group;
  const { spec } = first!;
  const { shot, classifier } = first!.result.scores[index]!;
  const accuracies = group.map((cell) => accuracy(cell.result.scores[index]!));
  const perEpisode = episodeMeans(group.map((cell) => cell.result.scores[index]!));
  const overEpisodes = normalInterval(perEpisode);
  const overSeeds = spec.kind === 'training' ? meanInterval(accuracies) : null;
  return {
    dataset: spec.dataset.name,
    image_size: spec.dataset.imageSize,
    backbone: spec.kind === 'training' ? spec.backbone : 'raw pixels',
    loss: spec.kind === 'training' ? findLoss(spec.loss.name).title : 'none',
    batch_size: spec.kind === 'training' ? spec.batchSize : null,
    way: spec.protocol.way,
    shot,
    classifier,
    accuracy: mean(accuracies),
    episode_lower: overEpisodes.kind === 'interval' ? overEpisodes.lower : null,
    episode_upper: overEpisodes.kind === 'interval' ? overEpisodes.upper : null,
    episodes: perEpisode.length,
    seed_lower: overSeeds?.kind === 'interval' ? overSeeds.lower : null,
    seed_upper: overSeeds?.kind === 'interval' ? overSeeds.upper : null,
    seeds: spec.kind === 'training' ? group.length : 0,
    ...gainOverPixels(group, index, groups, perEpisode),
    ...comparison(group, index, groups, reference),
    p_holm: null,
    cells: group.map(({ key }) => key.slice(0, 12)).join(' '),
  };
}

/** Paired by episode, each averaged over seeds. */
function gainOverPixels(
  group: Group,
  index: number,
  groups: ReadonlyMap<string, Group>,
  perEpisode: readonly number[],
): Pick<FewShotRow, 'over_pixels' | 'over_pixels_lower' | 'over_pixels_upper'> {
  const { spec, result } = group[0]!;
  const { shot } = result.scores[index]!;
  const pixels = groups
    .get(pixelsKey(spec.dataset.name))
    ?.flatMap((cell) => cell.result.scores)
    .find((score) => score.shot === shot);
  if (spec.kind === 'pixels' || pixels === undefined) {
    return { over_pixels: null, over_pixels_lower: null, over_pixels_upper: null };
  }
  const baseline = episodeMeans([pixels]);
  const gain = normalInterval(perEpisode.map((accuracy, episode) => accuracy - baseline[episode]!));
  return {
    over_pixels: gain.mean,
    over_pixels_lower: gain.kind === 'interval' ? gain.lower : null,
    over_pixels_upper: gain.kind === 'interval' ? gain.upper : null,
  };
}

type Comparison = Pick<
  FewShotRow,
  'reference' | 'difference' | 'difference_lower' | 'difference_upper' | 'p_value'
>;

/** Paired by seed, over the seeds that both have. */
function comparison(
  group: Group,
  index: number,
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
  const { spec } = group[0]!;
  if (spec.kind !== 'training' || spec.loss.name === reference) return none;
  const bySeed = new Map(groups.get(settingKey(spec, reference))?.map((cell) => [seedOf(cell), cell]));
  const pairs = group.flatMap((cell) => {
    const other = bySeed.get(seedOf(cell));
    return other === undefined
      ? []
      : [[accuracy(cell.result.scores[index]!), accuracy(other.result.scores[index]!)] as const];
  });
  if (pairs.length === 0) return none;
  const { meanDifference, interval, test } = pairedDifference(
    pairs.map(([ours]) => ours),
    pairs.map(([, theirs]) => theirs),
  );
  return {
    reference: findLoss(reference).title,
    difference: meanDifference,
    difference_lower: interval.kind === 'interval' ? interval.lower : null,
    difference_upper: interval.kind === 'interval' ? interval.upper : null,
    p_value: test.kind === 'tested' ? test.pValue : null,
  };
}

function seedOf({ spec }: FinishedCell): number {
  return spec.kind === 'training' ? spec.seed : 0;
}

/** Percent of all queries of all episodes. */
function accuracy({ correct, queriesPerEpisode }: FewShotScore): number {
  return (100 * correct.reduce((sum, count) => sum + count, 0)) / (correct.length * queriesPerEpisode);
}

/** Percent of each episode's queries, averaged over the seeds. */
function episodeMeans(scores: readonly FewShotScore[]): number[] {
  return scores[0]!.correct.map((_, episode) =>
    mean(scores.map(({ correct, queriesPerEpisode }) => (100 * correct[episode]!) / queriesPerEpisode)),
  );
}
