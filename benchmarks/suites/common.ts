/** Shared parts of the suites: the compared losses, and two recipes to which suites add budgets and batch sizes. */
import { parameterRanges, sharedRanges } from '@clce/experiments';

/** The note on the table of a default preset. */
export const demonstration = 'A demonstration in minutes; fuller tables and findings: results/README.md';

/**
 * The losses of every comparison (docs/protocol.md). The first loss is the reference. CE + HCL has as many samples a step as the
 * others, so twice as many images.
 */
export const losses = [
  { name: 'ce' },
  { name: 'ce+supcon' },
  { name: 'clce' },
  { name: 'supcon' },
  { name: 'ce+hcl', title: 'CE + HCL', recipe: { batchOf: 'samples' as const } },
];

/** CE, CE + SupCon and CLCE: does CLCE beat CE, and do its hard negatives contribute? */
export const shortLosses = losses.slice(0, 3);

/** Recipe for a small network with random initial weights. Its learning rate was chosen on validation classes (docs/learning-rates.md). */
export const fromScratch = {
  optimizer: 'adamw' as const,
  learningRate: 1e-2,
  learningRateRule: 'none' as const,
  baseBatchSize: 64,
  weightDecay: 0.05,
  warmup: 0.05,
  crop: true,
};

/** Recipe for fine-tuning BEiT-3 base, as far as the paper's recipe is known (docs/protocol.md). */
export const fineTuned = {
  optimizer: 'adamw' as const,
  learningRate: 7e-4,
  learningRateRule: 'none' as const,
  baseBatchSize: 1024,
  weightDecay: 0.05,
  layerDecay: 0.65,
  normalisation: 'inception' as const,
  crop: true,
  dropPath: 0.15,
  mixup: 0.8,
  cutmix: 1,
  microBatch: 128,
};

/**
 * One training, read out twice: on episodes, and on unseen authors or characters of the trained classes. The smallest validation class
 * of the reserve's development side has twelve samples.
 */
export const crossed = {
  query: 7,
  seenClasses: { classifiers: ['head' as const, 'k-nn' as const], referenceSamples: 2000 },
};

const { lambda, temperature, form, hardness } = parameterRanges;
const blend = { 'loss.lambda': lambda, 'loss.temperature': temperature, 'loss.form': form };

/** Further entries of the blends. CLCE has one more than CE + SupCon: its hard negatives, of which β = 0 has none. */
export const ownRanges = { 'CE + SupCon': blend, CLCE: { ...blend, 'loss.hardness': hardness } };

/**
 * A comparison for one GPU with the real BEiT-3: every loss tuned by 16 trials, in true batches of 256. RandAugment and erasing are the
 * BEiT-3 authors'; their label smoothing of 0.1 is in the range that is tuned. With `--weights beit3-base=FILE` the frozen
 * backbone is a row of every table. `--engine onnx --dry-run` lists the cells where there is no GPU.
 */
export const onOneGpu = {
  imageSize: 224,
  backbones: ['beit3-base'],
  losses: ['ce', 'ce+supcon', 'clce', 'supcon'],
  batchSizes: [256],
  seeds: [0, 1, 2, 3, 4],
  engine: 'onnx-cuda',
  recipe: {
    ...fineTuned,
    learningRate: 2e-4,
    baseBatchSize: 256,
    randAugment: { operations: 2, magnitude: 9 },
    erasing: 0.25,
    warmup: 0.1,
    budget: { epochs: 30 },
  },
  tuning: {
    trials: 16,
    seed: 1,
    space: {
      'recipe.learningRate': { scale: 'log' as const, from: 2e-5, to: 2e-3 },
      ...sharedRanges,
    },
    own: { ...ownRanges, SupCon: { 'loss.temperature': temperature } },
    edge: 0.1,
  },
};
