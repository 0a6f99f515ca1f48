/** From a folder of pictures and a budget to a plan: looks at the pictures, measures what a step costs, and plans. */
import { getBackbone } from '@clce/backbones';
import { type Dataset, lookAtPictures, noAnswer, type PicturesLook, splitWithReserve } from '@clce/datasets';
import { addOwnFiles } from '@clce/experiments';
import { getLoss } from '@clce/losses';
import { pictureReport } from '../../print/pictures/picture-report.ts';
import { loadDataset } from '../../run/load-dataset.ts';
import { ownFilesOf, picturesOf } from '../../run/own-files.ts';
import { RunError } from '../../run/run-error.ts';
import { type Asked, picturesAsked, requestOf } from '../asked.ts';
import { fewShotMeasure, headMeasure, type Measure } from './assumed-spreads.ts';
import { leastSeconds, planBudget, type Question } from './budget.ts';
import { type CompareRequest, holdsOf, isPretrained, type MeasureName } from './comparison-preset.ts';
import { durationText } from './duration.ts';
import { measureCosts } from './measure-costs.ts';
import type { PlanRecord } from './plan-files.ts';

export interface PlanPlaces {
  /** Name of the data set. */
  readonly dataset: string;
  /** The folder of the comparison. */
  readonly out: string;
  readonly dataRoot: string;
  readonly workers: number;
}

export interface MadePlan {
  readonly record: PlanRecord;
  /** With paths as the suite's file has them. */
  readonly request: CompareRequest;
}

/**
 * @throws DatasetError where the pictures can answer nothing, RunError where they cannot answer what is asked, or the budget is too
 *   small
 */
export async function makePlan(asked: Asked, places: PlanPlaces): Promise<MadePlan> {
  const { dataset: name, out, dataRoot, workers } = places;
  const started = performance.now();
  const lossFiles = await addOwnFiles(ownFilesOf('loss', asked.lossFiles, out));
  checkAsked(asked);
  const pictures = picturesAsked(asked, name, out);
  const { folder, groups, skipBroken } = pictures;
  const look = await lookAtPictures(folder, { ...(groups && { groups }), ...(skipBroken && { skipBroken }) });
  const error = noAnswer(look);
  if (error !== undefined) throw error;
  console.error(`${pictureReport(look)}\n`);
  const mostFolds = foldsOf(look, asked.measures);
  const ownFiles = [...lossFiles, ...(await addOwnFiles(picturesOf([pictures])))];
  const dataset = await loadDataset(name, dataRoot, asked.imageSize);
  const holds = holdsOf(asked.measures);
  const development = trainingCounts(splitWithReserve(dataset, { side: 'development', ...holds }));
  const training = development.reduce((sum, count) => sum + count, 0);
  const batchSize = batchSizeFor(training);
  const request = requestOf(asked, name, batchSize);
  const measured = requestOf(asked, name, batchSize, out);
  console.error('measuring what a step costs');
  const costs = await measureCosts(measured, { dataRoot, ownFiles, workers });
  const question: Question = {
    costs,
    workers,
    comparisons: (asked.losses.length - 1) * asked.measures.length,
    mostFolds,
    measures: (folds) => measuresOf(dataset, asked.measures, folds),
    steps: stepsFor(training / batchSize, isPretrained(request)),
  };
  const left = asked.budget - (performance.now() - started) / 1000;
  const plan = planBudget(question, left);
  if (plan === undefined) {
    const least = durationText(1.05 * (leastSeconds(question) + asked.budget - left));
    throw new RunError(
      `--budget ${durationText(asked.budget)} is too small here: the smallest plan takes ${least}`,
    );
  }
  const twice = planBudget(question, left + asked.budget)!;
  const record = {
    asked: { ...asked },
    pictures: dataset.manifestHash,
    costs,
    positives: shareWithPositive(development, batchSize),
    plan,
    twice,
  };
  return { record, request };
}

/** What would fail after the pictures were read. @throws UserError naming the flag */
function checkAsked(asked: Asked): void {
  const { losses } = asked;
  if (losses.length < 2) {
    throw new RunError(
      `--losses: expected two or more, the first of which is the reference; got ${losses.join(',')}`,
    );
  }
  const twice = losses.find((name, at) => losses.indexOf(name) < at);
  if (twice !== undefined) throw new RunError(`--losses: ${twice} stands twice`);
  for (const name of losses) getLoss(name);
  requireNormalisation(asked);
}

/** Weights expect the normalisation that they were trained with, and a wrong one costs accuracy without a word. */
function requireNormalisation({ backbone, weights, normalisation }: Asked): void {
  const { bundled } = getBackbone(backbone);
  if (weights === undefined || normalisation !== undefined || bundled !== undefined) return;
  throw new RunError(
    `--normalisation: say what ${weights} was trained with: imagenet (torchvision, most ResNets) or inception (BEiT, most of timm's ViT)`,
  );
}

function foldsOf({ folder, answers }: PicturesLook, measures: readonly MeasureName[]): number {
  const answer =
    measures.length === 2 ? answers.both : measures[0] === 'head' ? answers.samples : answers.classes;
  if (answer.isPossible) return answer.folds;
  throw new RunError(`${folder} cannot answer --measure ${measures.join(',')}: ${answer.why}`);
}

/** Number of training pictures of each trained class. */
function trainingCounts({ samples, split }: Dataset): number[] {
  const counts = new Map(split.base.map((label) => [label, 0]));
  for (const { label, partition } of samples) {
    const before = counts.get(label);
    if (before !== undefined && partition === 'train') counts.set(label, before + 1);
  }
  return [...counts.values()];
}

/** The expected share of the pictures of a shuffled batch that have another one of their class in it. */
export function shareWithPositive(counts: readonly number[], batchSize: number): number {
  const all = counts.reduce((sum, count) => sum + count, 0);
  return counts.reduce((sum, count) => {
    const [others, left] = [all - count, all - 1];
    // None of the batch's other places, one after another, has a picture of the class.
    let alone = 1;
    for (let place = 0; place < batchSize - 1; place++)
      alone *= Math.max(0, (others - place) / (left - place));
    return sum + (count / all) * (1 - alone);
  }, 0);
}

const LARGEST_BATCH = 64;
/** A batch has at most a tenth of the training pictures, so that an epoch has some steps. */
function batchSizeFor(training: number): number {
  const fitting = 2 ** Math.floor(Math.log2(Math.max(2, training / 10)));
  return Math.max(8, Math.min(LARGEST_BATCH, fitting));
}

/** Rules of thumb, in epochs; the answer says where accuracy was still rising. */
const EPOCHS = { pretrained: 15, scratch: 40 };
const MOST_STEPS = 5000;
const LEAST_STEPS = 50;

function stepsFor(batchesPerEpoch: number, pretrained: boolean): Question['steps'] {
  const epochs = EPOCHS[pretrained ? 'pretrained' : 'scratch'];
  const wanted = Math.min(MOST_STEPS, Math.max(4 * LEAST_STEPS, Math.round(epochs * batchesPerEpoch)));
  return { wanted, least: Math.max(LEAST_STEPS, Math.round(wanted / 4)) };
}

/** What a fold measures. Folds are nearly equal, so the first stands for all. */
function measuresOf(dataset: Dataset, measures: readonly MeasureName[], folds: number): Measure[] {
  const fold = splitWithReserve(dataset, { side: 'confirmation', folds, fold: 0, ...holdsOf(measures) });
  return measures.map((measure) => {
    if (measure === 'few-shot') return fewShotMeasure(fold.split.novel.length);
    const tested = fold.split.base.map(
      (label) => fold.samples.filter((one) => one.label === label && one.partition === 'test').length,
    );
    return headMeasure(tested.filter((count) => count > 0));
  });
}
