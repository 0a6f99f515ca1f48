/**
 * Is training long enough to compare the losses? Each loss trains for T, 2T and 4T steps, each time with a whole schedule of its own.
 * The difference of two losses decides, not their level: T is long enough where CLCE − CE hardly moves from T to 2T. The lines below
 * the table give the difference at each budget, and no verdict.
 *
 * Accuracy is measured on validation classes, so that the novel classes choose no budget. `standard` also reads out the head, on
 * unseen authors or characters of the trained classes. It never sees the reserve. `pnpm bench:speed steps` measures the seconds of a
 * step of each loss: with them the rows are a curve over seconds.
 *
 * `quick` is a demonstration. `standard` has both embedded data sets and T = 400.
 */
import { defineSuite, type Method } from '@clce/experiments';
import { crossed, demonstration, fromScratch, shortLosses } from './common.ts';

const protocol = {
  kind: 'few-shot' as const,
  classes: 'validation' as const,
  way: 5,
  shots: [1, 5],
  query: 15,
  episodes: 600,
  seed: 2024,
};

/** Every loss at T, 2T and 4T steps. */
const losses = (steps: number): Method[] =>
  [steps, 2 * steps, 4 * steps].flatMap((one) =>
    shortLosses.map(({ name }) => ({ name, recipe: { budget: { steps: one } } })),
  );

export default defineSuite({
  name: 'horizon',
  title: 'Few-shot accuracy on validation classes by the length of training',
  defaultPreset: 'quick',
  presets: {
    quick: {
      note: demonstration,
      datasets: ['icons'],
      imageSize: 32,
      backbones: ['conv4'],
      losses: losses(100),
      batchSizes: [32],
      seeds: [0, 1, 2],
      engine: 'onnx',
      recipe: { ...fromScratch, learningRate: 3e-3, budget: { steps: 100 } },
      protocol: { ...protocol, classifiers: ['nearest-centroid'] },
    },
    standard: {
      datasets: ['icons', 'typefaces'],
      imageSize: 32,
      backbones: ['conv4'],
      losses: losses(400),
      batchSizes: [64],
      seeds: [0, 1, 2],
      engine: 'onnx',
      split: { side: 'development' },
      recipe: { ...fromScratch, budget: { steps: 400 } },
      protocol: { ...protocol, ...crossed, classifiers: ['logistic-regression', 'nearest-centroid'] },
    },
  },
});
