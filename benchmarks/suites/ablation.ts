/**
 * The effect of each part of CLCE. Every variant changes one part and is compared with unchanged CLCE (λ = 0.9, τ = 0.5,
 * β = 1, form "in", no projection head, plain shuffling).
 */
import { defineSuite, type Method } from '@clce/experiments';
import { demonstration, fineTuned, fromScratch } from './common.ts';

const change = (title: string, parameters: Method['parameters']): Method => ({
  name: 'clce',
  title: `CLCE, ${title}`,
  parameters,
});

/** One change of each parameter. */
const shortLosses: Method[] = [
  { name: 'clce' },
  { name: 'ce' },
  change('λ = 0.5', { lambda: 0.5 }),
  change('τ = 0.1', { temperature: 0.1 }),
  change('β = 0', { hardness: 0 }),
];

const losses: Method[] = [
  { name: 'clce' },
  { name: 'ce' },
  change('λ = 0.1', { lambda: 0.1 }),
  change('λ = 0.5', { lambda: 0.5 }),
  change('τ = 0.1', { temperature: 0.1 }),
  change('τ = 1', { temperature: 1 }),
  change('β = 0', { hardness: 0 }),
  change('β = 2', { hardness: 2 }),
  change('form out', { form: 'out' }),
  { name: 'clce', title: 'CLCE, MLP projection', recipe: { projection: 'mlp' } },
  { name: 'clce', title: 'CLCE, 4 samples a class', recipe: { samplesPerClass: 4 } },
];

const protocol = {
  kind: 'few-shot' as const,
  classes: 'novel' as const,
  way: 5,
  shots: [1, 5],
  query: 15,
  seed: 2024,
};

export default defineSuite({
  name: 'ablation',
  title: 'CLCE, one change at a time',
  defaultPreset: 'quick',
  presets: {
    quick: {
      note: demonstration,
      datasets: ['icons'],
      imageSize: 32,
      backbones: ['conv4'],
      losses: shortLosses,
      batchSizes: [64],
      seeds: [0, 1, 2],
      engine: 'onnx',
      recipe: { ...fromScratch, budget: { samples: 12_800 } },
      protocol: { ...protocol, episodes: 600, classifiers: ['nearest-centroid'] },
    },
    standard: {
      datasets: ['icons'],
      imageSize: 32,
      backbones: ['conv4'],
      losses,
      batchSizes: [64],
      seeds: [0, 1, 2, 3, 4],
      engine: 'onnx',
      recipe: { ...fromScratch, budget: { samples: 12_800 } },
      protocol: { ...protocol, episodes: 600, classifiers: ['nearest-centroid'] },
    },
    paper: {
      datasets: ['cifar-fs', 'mini-imagenet'],
      imageSize: 224,
      backbones: ['beit3-base'],
      losses,
      batchSizes: [1024],
      seeds: [0, 1, 2, 3, 4],
      engine: 'onnx',
      recipe: { ...fineTuned, budget: { epochs: 100 }, warmup: 0.05 },
      protocol: { ...protocol, episodes: 2000, classifiers: ['logistic-regression'] },
    },
  },
});
