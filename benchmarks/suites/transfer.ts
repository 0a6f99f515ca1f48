/**
 * Transfer: fine-tune on the official training samples with each loss, choose the weights on validation samples, test
 * once on the official test samples.
 *
 * `quick` is a demonstration in minutes. `standard` has every loss and five seeds. Both need only the embedded data: drawings by new
 * authors, and new characters of typefaces. `fashion-mnist` is `standard` on a set that must be fetched. `gpu` tunes the real BEiT-3 on
 * one GPU. `paper` needs seven of the paper's eight data sets and a GPU. `paper-flowers` needs the eighth one, whose 1,020 training
 * samples do not fill the known batch of 1024. λ and τ are from the sister method's published command line; β is the paper's. In the
 * other presets no setting was tuned for a single loss.
 */
import { defineSuite } from '@clce/experiments';
import { demonstration, fineTuned, fromScratch, losses, onOneGpu, shortLosses } from './common.ts';

const protocol = {
  kind: 'transfer' as const,
  partition: 'test' as const,
  validationShare: 0.1,
  classifiers: ['head' as const, 'k-nn' as const, 'linear-probe' as const],
  seed: 2024,
};

const embedded = ['icons-by-author', 'typefaces-by-character'];

const standard = {
  imageSize: 32,
  backbones: ['conv4'],
  losses,
  batchSizes: [64],
  seeds: [0, 1, 2, 3, 4],
  engine: 'onnx',
  recipe: { ...fromScratch, budget: { samples: 10_240 } },
  protocol: { ...protocol, checkpoints: 2, referenceSamples: 2000 },
};

const paper = {
  imageSize: 224,
  backbones: ['beit3-base'],
  losses,
  seeds: [0, 1, 2, 3, 4],
  engine: 'onnx',
  recipe: { ...fineTuned, budget: { epochs: 50 }, warmup: 0.1 },
  protocol: { ...protocol, checkpoints: 50, referenceSamples: 50_000 },
};

export default defineSuite({
  name: 'transfer',
  title: 'Classification of held-out samples of the trained classes',
  defaultPreset: 'quick',
  presets: {
    quick: {
      note: demonstration,
      datasets: embedded,
      imageSize: 32,
      backbones: ['conv4'],
      losses: shortLosses,
      batchSizes: [64],
      seeds: [0, 1, 2],
      engine: 'onnx',
      recipe: { ...fromScratch, budget: { samples: 20_480 } },
      protocol: { ...protocol, checkpoints: 2, referenceSamples: 2000 },
    },
    standard: { ...standard, datasets: embedded },
    'fashion-mnist': { ...standard, datasets: ['fashion-mnist'] },
    gpu: {
      ...onOneGpu,
      datasets: ['cub-200-2011', 'oxford-iiit-pets', 'oxford-102-flowers', 'cifar-100'],
      protocol: { ...protocol, checkpoints: 10, referenceSamples: 50_000 },
      tuning: { ...onOneGpu.tuning, criterion: ['head|linear-probe'] },
    },
    paper: {
      ...paper,
      datasets: [
        'cifar-100',
        'cub-200-2011',
        'caltech-256',
        'oxford-iiit-pets',
        'inaturalist-2017',
        'places365',
        'imagenet-1k',
      ],
      batchSizes: [1024],
    },
    'paper-flowers': { ...paper, datasets: ['oxford-102-flowers'], batchSizes: [512] },
  },
});
