/** The plan of a cell's training: its model, optimiser and batches, and the inputs of each step. */
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
import { getLoss } from '@clce/losses';
import type { TrainingSpec } from '../suite/cell.ts';
import { imagesPerStep, samplesPerStep } from '../suite/methods/images.ts';
import { normalisationOf } from '../suite/normalisation.ts';
import { dropPathMasks } from './drop-path.ts';
import { buildModel, type Model } from './model.ts';
import { optimizerOf, stepsOf } from './recipe.ts';
import { weightDraw } from './weight-draw.ts';

export interface TrainingPlan {
  readonly model: Model;
  readonly optimizer: Optimizer;
  readonly steps: number;
  /** Images of a batch, all views together, and the number of them that pass the backbone at once. */
  readonly images: number;
  readonly microBatch: number;
  readonly statistics: ChannelStatistics;
  readonly batches: TrainingBatches;
  /** The state and the inputs of the first step. */
  readonly initial: HostTensors;
  readonly firstInputs: HostTensors;
  inputsOf(batch: Batch, step: number): HostTensors;
}

export interface PlanOptions {
  /** The backbone's weights. Heads start from random weights. */
  readonly pretrained?: WeightFile | undefined;
  /** Draws random weights; by the cell's seed by default. */
  readonly draw?: NormalDraw;
  /** Statistics that pixels are normalised by; the recipe's by default. */
  readonly statistics?: ChannelStatistics;
}

/** @throws WeightFileError if the file does not fit the backbone, DatasetError if the data set cannot fill the batches */
export async function planTraining(
  spec: TrainingSpec,
  dataset: Dataset,
  { pretrained, draw = weightDraw(spec.seed), ...options }: PlanOptions = {},
): Promise<TrainingPlan> {
  const { recipe, batchSize, seed } = spec;
  const { views } = getLoss(spec.loss.name);
  const samples = samplesPerStep(spec);
  const { imageSize } = dataset;
  const statistics = options.statistics ?? normalisationOf(recipe.normalisation, dataset);
  const batches = trainingBatches({
    dataset,
    classIndices: dataset.split.base,
    batchSize: samples,
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
  // As many as a loss of one view has, whose batches hold as many samples as these hold images.
  const wholeBatches = Math.max(1, Math.floor((batches.batchesPerEpoch * samples) / batchSize));
  const steps = stepsOf(recipe, batchSize, wholeBatches);
  const optimizer = optimizerOf(recipe, batchSize, steps);
  const images = imagesPerStep(spec);
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
