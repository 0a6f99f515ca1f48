/**
 * Why does CLCE differ from CE + SupCon? Its hard negatives (β = 1) also concentrate the gradient on few negatives, and so does a
 * lower temperature without them.
 *
 * `temperatures` has CE + SupCon and CLCE over the same τ. `factors` crosses three things, 2 × 2 × 2:
 *
 *  - features that are never negative, or of both signs (`conv4-signed` leaves the last ReLU out, for the contrastive term, the head
 *    and the read-out);
 *  - shuffled batches, or batches of four samples a class, in which every sample has positives;
 *  - β = 1 at τ = 0.5, or β = 0 at τ = 0.17. Both put the same share of the gradient on the hardest tenth of the negatives, on
 *    features that are never negative (docs/protocol.md#mechanism).
 *
 * `quick` is a demonstration of the last two factors. Rows are compared with CE of shuffled batches on the same backbone.
 */
import { defineSuite, type Method } from '@clce/experiments';
import { demonstration, fromScratch } from './common.ts';

const protocol = {
  kind: 'few-shot' as const,
  classes: 'novel' as const,
  way: 5,
  shots: [1, 5],
  query: 15,
  episodes: 600,
  seed: 2024,
};

/** β = 1 at τ = 0.5, and as much concentration without hard negatives. Form "in" in both. */
const concentrations: Method[] = [
  { name: 'clce' },
  { name: 'clce', parameters: { temperature: 0.17, hardness: 0 } },
];

/** In shuffled batches, then in batches of four samples a class. */
const factors: Method[] = [
  ...[{ name: 'ce' }, ...concentrations],
  ...[{ name: 'ce' }, ...concentrations].map((method) => ({ ...method, recipe: { samplesPerClass: 4 } })),
];

const TEMPERATURES = [0.07, 0.1, 0.17, 0.3, 0.5, 1];

/** CLCE without hard negatives has form "in"; CE + SupCon is form "out". */
const temperatures: Method[] = [
  { name: 'ce' },
  ...TEMPERATURES.flatMap((temperature): Method[] => [
    { name: 'ce+supcon', title: `CE + SupCon, τ = ${temperature}`, parameters: { temperature } },
    { name: 'clce', title: `CLCE, β = 0, τ = ${temperature}`, parameters: { temperature, hardness: 0 } },
    { name: 'clce', title: `CLCE, τ = ${temperature}`, parameters: { temperature } },
  ]),
];

export default defineSuite({
  name: 'mechanism',
  title: 'CLCE: temperature, hard negatives, signed features, positives',
  defaultPreset: 'quick',
  presets: {
    quick: {
      note: demonstration,
      datasets: ['icons'],
      imageSize: 32,
      backbones: ['conv4'],
      losses: factors,
      batchSizes: [32],
      seeds: [0, 1, 2],
      engine: 'onnx',
      recipe: { ...fromScratch, learningRate: 3e-3, budget: { steps: 100 } },
      protocol: { ...protocol, classifiers: ['nearest-centroid'] },
    },
    temperatures: {
      datasets: ['icons'],
      imageSize: 32,
      backbones: ['conv4'],
      losses: temperatures,
      batchSizes: [64],
      seeds: [0, 1, 2],
      engine: 'onnx',
      recipe: { ...fromScratch, budget: { steps: 400 } },
      protocol: { ...protocol, classifiers: ['logistic-regression', 'nearest-centroid'] },
    },
    factors: {
      datasets: ['icons'],
      imageSize: 32,
      backbones: ['conv4', 'conv4-signed'],
      losses: factors,
      batchSizes: [64],
      seeds: [0, 1, 2],
      engine: 'onnx',
      recipe: { ...fromScratch, budget: { steps: 400 } },
      protocol: { ...protocol, classifiers: ['logistic-regression', 'nearest-centroid'] },
    },
  },
});
