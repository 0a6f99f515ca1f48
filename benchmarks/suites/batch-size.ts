/**
 * Does a contrastive term need large batches? Every cell trains on the same number of samples, in batches of 16 to 4096.
 *
 * The loss always sees the whole batch. A batch that does not fit goes through the backbone in micro-batches, and gradient
 * caching gives the loss and gradients of the whole batch. Batch norm sees at most 64 images at every batch size, so it does
 * not affect the comparison. The learning rate grows with the square root of the batch size. `--set
 * recipe.learningRateRule=none` or `=linear` selects the other two rules.
 */
import { defineSuite } from '@clce/experiments';
import { demonstration, fineTuned, fromScratch, shortLosses as losses } from './common.ts';

const protocol = {
  kind: 'few-shot' as const,
  classes: 'novel' as const,
  way: 5,
  query: 15,
  seed: 2024,
};

export default defineSuite({
  name: 'batch-size',
  title: 'Few-shot accuracy by batch size',
  defaultPreset: 'quick',
  presets: {
    quick: {
      note: demonstration,
      datasets: ['icons'],
      imageSize: 32,
      backbones: ['conv4'],
      losses,
      batchSizes: [16, 64, 256],
      seeds: [0, 1, 2],
      engine: 'onnx',
      recipe: {
        ...fromScratch,
        learningRateRule: 'square-root',
        budget: { samples: 10_240 },
        microBatch: 64,
      },
      protocol: { ...protocol, shots: [1, 5], episodes: 600, classifiers: ['nearest-centroid'] },
    },
    standard: {
      datasets: ['icons'],
      imageSize: 32,
      backbones: ['conv4'],
      losses,
      batchSizes: [16, 64, 256, 1024],
      seeds: [0, 1, 2],
      engine: 'onnx',
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
