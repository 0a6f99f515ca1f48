/** A preset that trains for a moment, which tests change what they are about of. */
import type { Preset } from '../suite/preset.ts';

export const tinyPreset: Preset = {
  datasets: ['icons'],
  imageSize: 16,
  backbones: ['conv4'],
  losses: [{ name: 'ce' }, { name: 'ce+supcon' }, { name: 'clce' }],
  batchSizes: [16],
  seeds: [3],
  engine: 'onnx',
  recipe: {
    optimizer: 'adamw',
    learningRate: 1e-3,
    learningRateRule: 'none',
    baseBatchSize: 64,
    weightDecay: 0.05,
    budget: { steps: 4 },
    warmup: 0.25,
    crop: true,
    horizontalFlip: true,
  },
  protocol: {
    kind: 'few-shot',
    classes: 'novel',
    way: 5,
    shots: [1],
    query: 5,
    episodes: 20,
    seed: 1,
    classifiers: ['logistic-regression', 'nearest-centroid'],
  },
};
