/**
 * Trains one cell's backbone on the base classes and embeds the protocol's with the frozen result.
 *
 * Everything random (initial weights, order of the samples, augmentation) is a function of the cell's seed; nothing of
 * it depends on the loss, so losses that are compared see the same weights first and the same batches after.
 */
import { createHash } from 'node:crypto';
import { type Backbone, getBackbone, initialiseLinearHead, linearHead } from '@clce/backbones';
import {
  channelStatistics,
  type Dataset,
  evaluationImages,
  type TrainingBatches,
  trainingBatches,
} from '@clce/datasets';
import {
  adamW,
  type CompiledStep,
  type Engine,
  float32,
  type HostTensors,
  int32,
  type Optimizer,
  optimizerInputs,
  optimizerState,
  type State,
  sgd,
  specsOf,
  type Tensor1D,
  type Tensor4D,
  trainingStep,
  warmupCosine,
} from '@clce/engine';
import { findLoss } from '@clce/losses';
import type { TrainingSpec } from './cell.ts';
import { type FeatureMatrix, normaliseRows } from './features.ts';
import type { Recipe } from './suite.ts';
import { weightDraw } from './weight-draw.ts';

/** How training went; deterministic, so that it belongs to the result. */
export interface TrainingRecord {
  readonly steps: number;
  readonly epochs: number;
  /** SHA-256 over the initial weights, and over the rows of all batches: equal for losses that are compared. */
  readonly initialWeights: string;
  readonly dataOrder: string;
  /** Means over twenty equal parts of training. */
  readonly curve: readonly CurvePoint[];
}

export interface CurvePoint {
  readonly step: number;
  readonly loss: number;
  readonly crossEntropy: number;
  readonly contrastive: number;
  readonly gradientNorm: number;
}

export interface CellProgress {
  readonly step: number;
  readonly steps: number;
  readonly message: string;
}

export interface TrainingContext {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: CellProgress) => void;
}

const CURVE_POINTS = 20;
const EMBEDDING_BATCH = 128;

/** Trains as `spec` says, then gives the unit-length features of `rows`. */
export async function trainAndEmbed(
  spec: TrainingSpec,
  dataset: Dataset,
  rows: Int32Array,
  engine: Engine,
  context: TrainingContext,
): Promise<{ features: FeatureMatrix; record: TrainingRecord }> {
  const backbone = getBackbone(spec.backbone);
  const statistics = channelStatistics(dataset, dataset.split.base);
  const batches = trainingBatches({
    dataset,
    classIndices: dataset.split.base,
    batchSize: spec.batchSize,
    seed: spec.seed,
    statistics,
    augmentation: { crop: spec.recipe.crop, flip: spec.recipe.horizontalFlip },
  });
  const draw = weightDraw(spec.seed);
  const weights = backbone.initialise(dataset.imageSize, draw);
  const head = initialiseLinearHead(backbone.featureSize(dataset.imageSize), batches.classCount, draw);
  const trained = { ...weights.parameters, ...head };
  const optimizer = optimizerOf(spec.recipe);
  const initial = { ...trained, ...weights.statistics, ...optimizerState(optimizer, trained) };

  const state = engine.createState(initial);
  try {
    const train = await compileTraining(
      spec,
      backbone,
      optimizer,
      Object.keys(trained),
      initial,
      dataset,
      engine,
    );
    const { curve, dataOrder } = await runTraining(train, state, spec, dataset, batches, optimizer, context);
    const features = await embed(backbone, initial, state, dataset, rows, statistics, engine);
    const record: TrainingRecord = {
      steps: spec.recipe.steps,
      epochs: spec.recipe.steps / batches.batchesPerEpoch,
      initialWeights: hashOf(Object.values(trained).map(({ data }) => data)),
      dataOrder,
      curve,
    };
    return { features: normaliseRows(features), record };
  } finally {
    state.dispose();
  }
}

function compileTraining(
  spec: TrainingSpec,
  backbone: Backbone,
  optimizer: Optimizer,
  parameters: readonly string[],
  initial: HostTensors,
  dataset: Dataset,
  engine: Engine,
): Promise<CompiledStep> {
  const definition = findLoss(spec.loss.name);
  const step = trainingStep({
    parameters,
    optimizer,
    loss(state, inputs) {
      const { features, statistics } = backbone.forward(state, inputs['images'] as Tensor4D, 'training');
      // The contrastive term sees the features themselves: no projection head.
      const batch = {
        logits: linearHead(state, features),
        embeddings: features,
        labels: inputs['labels'] as Tensor1D,
      };
      const { loss, crossEntropy, contrastive } = definition.apply(batch, spec.loss.parameters);
      return { loss, state: statistics, metrics: { crossEntropy, contrastive } };
    },
  });
  const { imageSize } = dataset;
  const inputs = {
    images: { shape: [spec.batchSize, imageSize, imageSize, 3], dtype: 'float32' as const },
    labels: { shape: [spec.batchSize], dtype: 'int32' as const },
    ...specsOf(optimizerInputs(optimizer, 0)),
  };
  return engine.compile(step, { state: specsOf(initial), inputs });
}

async function runTraining(
  train: CompiledStep,
  state: State,
  spec: TrainingSpec,
  dataset: Dataset,
  batches: TrainingBatches,
  optimizer: Optimizer,
  { signal, onProgress }: TrainingContext,
): Promise<{ curve: CurvePoint[]; dataOrder: string }> {
  const { steps } = spec.recipe;
  const order = createHash('sha256');
  const curve: CurvePoint[] = [];
  const part = Math.max(1, Math.floor(steps / CURVE_POINTS));
  let since: CurvePoint[] = [];
  let batch = batches.batchAt(0);
  const imageSide = Math.sqrt(batch.images.length / spec.batchSize / 3);
  try {
    for (let step = 0; step < steps; step++) {
      signal?.throwIfAborted();
      batch = batches.batchAt(step, batch);
      order.update(batch.rows);
      const outputs = await train.run(state, {
        images: float32([spec.batchSize, imageSide, imageSide, 3], batch.images),
        labels: int32([spec.batchSize], batch.labels),
        ...optimizerInputs(optimizer, step),
      });
      const number = (name: string) => outputs[name]!.data[0]!;
      const loss = number('loss');
      if (!Number.isFinite(loss)) {
        const ids = Array.from(batch.rows, (row) => dataset.samples[row]!.id);
        throw new Error(
          `the loss is ${loss} at step ${step}: training has diverged (batch: ${ids.join(', ')})`,
        );
      }
      since.push({
        step: step + 1,
        loss,
        crossEntropy: number('crossEntropy'),
        contrastive: number('contrastive'),
        gradientNorm: number('gradientNorm'),
      });
      if (since.length === part || step === steps - 1) {
        curve.push(meanPoint(since));
        since = [];
      }
      onProgress?.({ step: step + 1, steps, message: `loss ${loss.toFixed(3)}` });
    }
  } finally {
    await train.dispose();
  }
  return { curve, dataOrder: order.digest('hex') };
}

function meanPoint(points: readonly CurvePoint[]): CurvePoint {
  const mean = (of: (point: CurvePoint) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  return {
    step: points.at(-1)!.step,
    loss: mean((point) => point.loss),
    crossEntropy: mean((point) => point.crossEntropy),
    contrastive: mean((point) => point.contrastive),
    gradientNorm: mean((point) => point.gradientNorm),
  };
}

/** Features of the given rows, in batches of one shape; the last is filled up with copies of its first image. */
async function embed(
  backbone: Backbone,
  initial: HostTensors,
  state: State,
  dataset: Dataset,
  rows: Int32Array,
  statistics: Parameters<typeof evaluationImages>[2],
  engine: Engine,
): Promise<FeatureMatrix> {
  const { imageSize } = dataset;
  const shape = [EMBEDDING_BATCH, imageSize, imageSize, 3];
  const forward = await engine.compile(
    ({ state: weights, inputs }) => ({
      outputs: { features: backbone.forward(weights, inputs['images'] as Tensor4D, 'evaluation').features },
    }),
    { state: specsOf(initial), inputs: { images: { shape, dtype: 'float32' } } },
  );
  const dim = backbone.featureSize(imageSize);
  const values = new Float32Array(rows.length * dim);
  try {
    for (let start = 0; start < rows.length; start += EMBEDDING_BATCH) {
      const chunk = rows.subarray(start, start + EMBEDDING_BATCH);
      const full = Int32Array.from({ length: EMBEDDING_BATCH }, (_, k) => chunk[k] ?? chunk[0]!);
      const images = float32(shape, evaluationImages(dataset, full, statistics));
      const { features } = await forward.run(state, { images });
      values.set((features!.data as Float32Array).subarray(0, chunk.length * dim), start * dim);
    }
  } finally {
    await forward.dispose();
  }
  return { values, dim };
}

function optimizerOf({ optimizer, learningRate, weightDecay, steps, warmupSteps }: Recipe): Optimizer {
  const schedule = warmupCosine({ peak: learningRate, steps, warmupSteps });
  return optimizer === 'adamw' ? adamW({ schedule, weightDecay }) : sgd({ schedule, weightDecay });
}

function hashOf(arrays: readonly ArrayBufferView[]): string {
  const hash = createHash('sha256');
  for (const array of arrays) hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  return hash.digest('hex');
}
