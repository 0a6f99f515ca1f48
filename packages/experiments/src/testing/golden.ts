/**
 * For tests: twenty steps of small models on drawn images, and all that is measured of them, as hashes. They are the same on
 * every x86-64 processor with AVX2 and FMA, and on every supported version of Node (docs/reproducibility.md).
 */
import { createHash } from 'node:crypto';
import {
  type Backbone,
  buildConv4,
  buildResNet12,
  buildVit,
  initialiseLinearHead,
  linearHead,
} from '@clce/backbones';
import {
  type ChannelStatistics,
  counterRandom,
  type Dataset,
  evaluationImages,
  RandomOperation,
  rowsOfClasses,
  trainingBatches,
} from '@clce/datasets';
import {
  adamW,
  compileForward,
  type Engine,
  float32,
  type HostTensors,
  int32,
  optimizerInputs,
  optimizerState,
  specsOf,
  type Tensor1D,
  type Tensor4D,
  trainingStep,
  warmupCosine,
} from '@clce/engine';
import { getLoss, lossNames } from '@clce/losses';
import { embeddingQuality } from '../evaluation/embedding-quality/index.ts';
import { type FeatureMatrix, normaliseRows } from '../evaluation/features.ts';
import { evaluateFewShot } from '../evaluation/few-shot.ts';
import { type Labelled, linearProbe, nearestNeighbours } from '../evaluation/transfer-classifiers.ts';
import { weightDraw } from '../training/weight-draw.ts';

export interface GoldenCase {
  readonly backbone: Backbone;
  readonly loss: string;
}

/** SHA-256, in hexadecimal digits. */
export interface GoldenHashes {
  /** Of parameters and running statistics after the last step. */
  readonly weights: string;
  /** Of what every classifier and every measure of embeddings says. */
  readonly scores: string;
}

/** Every loss on a plain convolutional net, on one with residual blocks, and on a transformer. */
export const goldenCases: readonly GoldenCase[] = [
  buildConv4({ name: 'conv4', description: '', channels: 16 }),
  buildResNet12({ name: 'resnet12', description: '', widths: [16, 16, 24, 32] }),
  buildVit({ name: 'vit', description: '', patchSize: 4, width: 32, depth: 2, heads: 2, pooling: 'token' }),
].flatMap((backbone) => lossNames.map((loss) => ({ backbone, loss })));

const STEPS = 20;
const BATCH = 12;
const SIDE = 16;
const CLASSES = 10;
const SAMPLES_PER_CLASS = 20;
const STATISTICS: ChannelStatistics = { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] };

/** @param steps fewer than twenty where a slow emulator is to compare the first ones */
export async function goldenHashes(
  engine: Engine,
  { backbone, loss: name }: GoldenCase,
  steps = STEPS,
): Promise<GoldenHashes> {
  const loss = getLoss(name);
  const dataset = drawnDataset();
  const { base } = dataset.split;
  const batches = trainingBatches({
    dataset,
    classIndices: base,
    batchSize: BATCH,
    seed: 3,
    statistics: STATISTICS,
    augmentation: {
      crop: false,
      resizedCrop: [0.4, 1],
      colourJitter: { brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 },
      randAugment: { operations: 2, magnitude: 9 },
      erasing: 0.25,
    },
    mixing: { mixup: 0.8, cutmix: 1 },
    views: loss.views,
  });
  const draw = weightDraw(1);
  const { parameters, statistics } = backbone.initialise(SIDE, draw);
  const trained = { ...parameters, ...initialiseLinearHead(backbone.featureSize(SIDE), base.length, draw) };
  const weights = { ...trained, ...statistics };
  const schedule = warmupCosine({ peak: 1e-2, steps: STEPS, warmupSteps: 2 });
  const optimizer = adamW({ schedule, weightDecay: 0.05 });
  const initial = { ...weights, ...optimizerState(optimizer, trained) };
  const inputsAt = (step: number): HostTensors => {
    const { images, labels, minority } = batches.batchAt(step);
    return {
      images: float32([labels.length, SIDE, SIDE, 3], images),
      labels: int32([labels.length], labels),
      minorityLabels: int32([labels.length], minority!.labels),
      minorityShare: float32([], [minority!.share]),
      ...optimizerInputs(optimizer, step),
    };
  };
  const step = trainingStep({
    parameters: Object.keys(trained),
    optimizer,
    loss(state, { images, labels, minorityLabels, minorityShare }) {
      const { features, statistics: updated } = backbone.forward(state, images as Tensor4D, 'training');
      const batch = {
        logits: linearHead(state, features),
        embeddings: features,
        labels: labels as Tensor1D,
        minority: { labels: minorityLabels as Tensor1D, share: minorityShare as never },
      };
      return { loss: loss.apply(batch).loss, state: updated };
    },
  });
  const compiled = await engine.compile(step, { state: specsOf(initial), inputs: specsOf(inputsAt(0)) });
  const state = engine.createState(initial);
  try {
    for (let k = 0; k < steps; k++) await compiled.run(state, inputsAt(k));
    const learned = await state.read(Object.keys(weights));
    const scores = await scoresOf(engine, backbone, learned, dataset);
    return { weights: hashOf(Object.values(learned).map(({ data }) => data)), scores };
  } finally {
    state.dispose();
    await compiled.dispose();
  }
}

/** The weights as constants of an inference graph; episodes, k-NN, a linear probe and measures of the embeddings. */
async function scoresOf(
  engine: Engine,
  backbone: Backbone,
  weights: HostTensors,
  dataset: Dataset,
): Promise<string> {
  const featuresOf = async (rows: Int32Array): Promise<FeatureMatrix> => {
    const images = evaluationImages(dataset, rows, STATISTICS);
    const inputs = { images: float32([rows.length, SIDE, SIDE, 3], images) };
    const forward = await compileForward(
      engine,
      (state, given) => ({
        features: backbone.forward(state, given['images'] as Tensor4D, 'evaluation').features,
      }),
      weights,
      specsOf(inputs),
    );
    const { features } = await forward.run(inputs);
    await forward.dispose();
    return normaliseRows({ values: features!.data as Float32Array, dim: features!.shape[1]! });
  };
  const { base, novel } = dataset.split;
  const unseen = rowsOfClasses(dataset, novel);
  const features = await featuresOf(unseen);
  const episodes = evaluateFewShot(
    {
      ...{ kind: 'few-shot', classes: 'novel', way: 3, shots: [1, 5], query: 10, episodes: 40, seed: 5 },
      classifiers: ['logistic-regression', 'nearest-centroid', 'cosine'],
    },
    dataset,
    features,
    unseen,
  );
  const seen = rowsOfClasses(dataset, base);
  const labelled = async (rows: Int32Array): Promise<Labelled> => ({
    features: await featuresOf(rows),
    labels: rows.map((row) => dataset.samples[row]!.label),
  });
  const reference = await labelled(seen.filter((_, k) => k % 2 === 0));
  const queries = await featuresOf(seen.filter((_, k) => k % 2 === 1));
  const found = {
    episodes,
    neighbours: [...(await nearestNeighbours(reference, queries, CLASSES, engine))],
    probe: [...(await linearProbe(reference, queries, CLASSES, engine))],
    quality: await embeddingQuality(dataset, unseen, features, 7),
  };
  return hashOf([features.values, new TextEncoder().encode(JSON.stringify(found))]);
}

/** A class is a wave of its own, a sample the wave with noise. */
function drawnDataset(): Dataset {
  const count = CLASSES * SAMPLES_PER_CLASS;
  const length = SIDE * SIDE * 3;
  const random = counterRandom(42);
  const pixels = Uint8Array.from({ length: count * length }, (_, at) => {
    const label = Math.floor(at / length) % CLASSES;
    const wave = ((at % length) * (label + 3)) % 97;
    return wave + random.below(120, RandomOperation.weights, 0, at);
  });
  const classes = Array.from({ length: CLASSES }, (_, label) => label);
  return {
    name: 'drawn',
    manifestHash: '',
    imageSize: SIDE,
    channels: 3,
    classNames: classes.map((label) => `class ${label}`),
    samples: Array.from({ length: count }, (_, row) => ({ id: `${row}`, label: row % CLASSES })),
    split: { base: classes.slice(0, 6), validation: [], novel: classes.slice(6) },
    pixels,
  };
}

function hashOf(arrays: readonly ArrayBufferView[]): string {
  const hash = createHash('sha256');
  for (const { buffer, byteOffset, byteLength } of arrays) {
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest('hex');
}
