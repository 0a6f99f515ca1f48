/**
 * Does a contrastive term need large batches? "Batch size" means two things, so there are two comparisons. What is judged is the
 * contrast between the sizes, with its interval: the table `.trend.csv`.
 *
 * `quick` and `fixed-steps` have batches of 16 to 256 at the same number of steps. A larger batch sees more images. The learning rate
 * grows with the square root of the batch until a rate is tuned for each size.
 *
 * `groups` separates the two meanings. The batch of the optimiser is 512 in every row, and a sample is contrasted with 16, 64, 256 or
 * all 512 images. CE is one row for all groups.
 *
 * `standard` and `paper` train on the same number of samples, so that a batch of 1024 has a 64th of the steps of a batch of 16, at
 * eight times the rate. Their largest batches say more about the schedule than about the losses. `standard` made the committed table.
 *
 * A batch that does not fit goes through the backbone in micro-batches, and gradient caching gives the loss and gradients of the whole
 * batch. Batch norm sees at most 64 images at every batch size. `--set recipe.learningRateRule=none` or `=linear` selects the other
 * two rules.
 */
import { defineSuite, type Method } from '@clce/experiments';
import { demonstration, fineTuned, fromScratch, shortLosses as losses } from './common.ts';

const protocol = {
  kind: 'few-shot' as const,
  classes: 'novel' as const,
  way: 5,
  query: 15,
  seed: 2024,
};

const small = {
  datasets: ['icons'],
  imageSize: 32,
  backbones: ['conv4'],
  seeds: [0, 1, 2],
  engine: 'onnx',
};

/** The method contrasted within groups of 16, 64 and 256, and with the whole batch. */
const inGroups = (name: string): Method[] => [
  ...[16, 64, 256].map((contrastiveGroup) => ({ name, recipe: { contrastiveGroup } })),
  { name },
];

export default defineSuite({
  name: 'batch-size',
  title: 'Few-shot accuracy by batch size',
  defaultPreset: 'quick',
  presets: {
    quick: {
      note: demonstration,
      ...small,
      losses,
      batchSizes: [16, 64, 256],
      recipe: {
        ...fromScratch,
        learningRate: 3e-3,
        learningRateRule: 'square-root',
        budget: { steps: 100 },
        microBatch: 64,
      },
      protocol: { ...protocol, shots: [1, 5], episodes: 600, classifiers: ['nearest-centroid'] },
    },
    'fixed-steps': {
      ...small,
      losses,
      batchSizes: [16, 32, 64, 128, 256],
      recipe: {
        ...fromScratch,
        learningRateRule: 'square-root',
        budget: { steps: 800 },
        microBatch: 64,
      },
      protocol: {
        ...protocol,
        shots: [1, 5],
        episodes: 600,
        classifiers: ['logistic-regression', 'nearest-centroid'],
      },
    },
    groups: {
      ...small,
      losses: [{ name: 'ce' }, ...inGroups('ce+supcon'), ...inGroups('clce')],
      batchSizes: [512],
      // One rate for all rows: the optimiser's batch is the same.
      recipe: { ...fromScratch, budget: { steps: 400 }, microBatch: 64 },
      protocol: {
        ...protocol,
        shots: [1, 5],
        episodes: 600,
        classifiers: ['logistic-regression', 'nearest-centroid'],
      },
    },
    standard: {
      ...small,
      losses,
      batchSizes: [16, 64, 256, 1024],
      recipe: {
        ...fromScratch,
        learningRateRule: 'square-root',
        budget: { samples: 20_480 },
        microBatch: 64,
      },
      protocol: { ...protocol, shots: [1, 5], episodes: 600, classifiers: ['nearest-centroid'] },
    },
    paper: {
      datasets: ['cifar-fs', 'mini-imagenet'],
      imageSize: 224,
      backbones: ['beit3-base'],
      losses,
      batchSizes: [16, 32, 64, 128, 256, 512, 1024, 2048, 4096],
      seeds: [0, 1, 2, 3, 4],
      engine: 'onnx',
      recipe: {
        ...fineTuned,
        learningRateRule: 'square-root',
        budget: { epochs: 100 },
        warmup: 0.05,
        microBatch: 16,
      },
      protocol: { ...protocol, shots: [1, 5], episodes: 2000, classifiers: ['logistic-regression'] },
    },
  },
});
