/** What is settled before a cell trains: its model, its optimiser, its batches, and what each step is fed. */
import type { NormalDraw, WeightFile } from '@clce/backbones';
import {
  type Batch,
  type ChannelStatistics,
  type Dataset,
  type TrainingBatches,
  trainingBatches,
} from '@clce/datasets';
import {
  drawMasks,
  float32,
  gradientCacheState,
  type HostTensors,
  int32,
  type Optimizer,
  optimizerInputs,
  optimizerState,
} from '@clce/engine';
import { findLoss } from '@clce/losses';
import type { TrainingSpec } from '../suite/cell.ts';
import { normalisationOf } from '../suite/normalisation.ts';
import { dropPathMasks } from './drop-path.ts';
import { buildModel, type Model } from './model.ts';
import { optimizerOf, stepsOf } from './recipe.ts';
import { weightDraw } from './weight-draw.ts';

export interface TrainingPlan {
  readonly model: Model;
  readonly optimizer: Optimizer;
  readonly steps: number;
  /** Images of a batch, its views together, and how many of them go through the backbone at once. */
  readonly images: number;
  readonly microBatch: number;
  readonly statistics: ChannelStatistics;
  readonly batches: TrainingBatches;
  /** The state of the first step, and what it is fed besides. */
  readonly initial: HostTensors;
  readonly firstInputs: HostTensors;
  inputsOf(batch: Batch, step: number): HostTensors;
}

export interface PlanOptions {
  /** The backbone's weights; heads start from random ones. */
  readonly pretrained?: WeightFile | undefined;
  /** Random weights; those of the cell's seed unless given. */
  readonly draw?: NormalDraw;
  /** What pixels are normalised by; what the recipe says unless given. */
  readonly statistics?: ChannelStatistics;
}

/** @throws WeightFileError where the file does not fit the backbone, DatasetError where the set has no such batches */
export async function planTraining(
  spec: TrainingSpec,
  dataset: Dataset,
  { pretrained, draw = weightDraw(spec.seed), ...options }: PlanOptions = {},
): Promise<TrainingPlan> {
  const { recipe, batchSize, seed } = spec;
  const { views } = findLoss(spec.loss.name);
  const { imageSize } = dataset;
  const statistics = options.statistics ?? normalisationOf(recipe.normalisation, dataset);
  const batches = trainingBatches({
    dataset,
    classIndices: dataset.split.base,
    batchSize,
    seed,
    statistics,
    augmentation: {
      crop: recipe.crop && recipe.resizedCrop === undefined,
      flip: recipe.horizontalFlip,
      resizedCrop: recipe.resizedCrop,
      colourJitter: recipe.colourJitter,
      randAugment: recipe.randAugment,
      erasing: recipe.erasing,
    },
    mixing: { mixup: recipe.mixup, cutmix: recipe.cutmix },
    views,
    ...(recipe.samplesPerClass !== undefined && { samplesPerClass: recipe.samplesPerClass }),
  });
  const model = await buildModel({
    backbone: spec.backbone,
    imageSize,
    classCount: batches.classCount,
    projection: recipe.projection,
    draw,
    pretrained,
  });
  const steps = stepsOf(recipe, batchSize, batches.batchesPerEpoch);
  const optimizer = optimizerOf(recipe, batchSize, steps);
  const images = views * batchSize;
  const microBatch = recipe.microBatch ?? images;
  const { dropPath = 0 } = recipe;
  const { residualBranches = 0 } = model.backbone;
  const masks = dropPath > 0 ? dropPathMasks(dropPath, residualBranches, images) : {};
  const inputsOf = ({ images: pixels, labels, minority }: Batch, step: number): HostTensors => ({
    images: float32([images, imageSize, imageSize, 3], pixels),
    labels: int32([images], labels),
    ...(minority && {
      minorityLabels: int32([images], minority.labels),
      minorityShare: float32([], Float32Array.of(minority.share)),
    }),
    ...drawMasks(masks, { seed, step }),
    ...optimizerInputs(optimizer, step),
  });
  return {
    ...{ model, optimizer, steps, images, microBatch, statistics, batches, inputsOf },
    initial: {
      ...model.parameters,
      ...model.statistics,
      ...optimizerState(optimizer, model.parameters),
      ...(microBatch < images && gradientCacheState(model.parameters)),
    },
    firstInputs: inputsOf(batches.batchAt(0), 0),
  };
}
