/**
 * Few-shot classification: train on the base classes with each loss, freeze, classify episodes of novel classes.
 *
 * `quick` is a demonstration in minutes. `standard` has every loss, five seeds and a longer budget. Both need only the
 * embedded data. `pretrained` fine-tunes pretrained weights, as the paper does, beside a small network from scratch with the
 * same budget. `full` has larger images, larger networks and a longer budget on the same data. `rivals` has SupCon and H-SCL as
 * published, and CE with label smoothing. `spread` measures how much accuracies vary between folds, seeds and classes. `tuned`
 * and `tuned-pretrained` tune every method on the development side of a reserve and compare them on the reserve (docs/tuning.md);
 * `tuned-smoke` shows that this works. `gpu` tunes the real BEiT-3 on one GPU. `paper` is the known part of the paper's recipe, and
 * needs the paper's data sets and a GPU.
 *
 * In the other presets no setting was tuned for a single loss. λ and τ are from the sister method's published command line; β is the
 * paper's. All losses share one recipe, and its learning rate was chosen on validation classes by the mean over losses
 * (docs/learning-rates.md).
 */
import { defineSuite, learningRateRanges, sharedRanges } from '@clce/experiments';
import {
  crossed,
  demonstration,
  fineTuned,
  fromScratch,
  losses,
  onOneGpu,
  ownRanges,
  shortLosses,
} from './common.ts';

const protocol = {
  kind: 'few-shot' as const,
  classes: 'novel' as const,
  way: 5,
  shots: [1, 5],
  query: 15,
  seed: 2024,
  classifiers: ['logistic-regression', 'nearest-centroid'],
};

/** CLCE with its rate and decay tuned alone. λ and τ are the sister method's command line; β and the form are ours. */
const clceAtItsDefaults = {
  name: 'clce',
  title: 'CLCE at its defaults',
  parameters: { lambda: 0.9, temperature: 0.5, hardness: 1, form: 'in' },
};

const tuning = {
  trials: 16,
  seed: 1,
  space: {
    'recipe.learningRate': learningRateRanges.scratch,
    ...sharedRanges,
  },
  own: ownRanges,
  // One training is read out twice: novel classes, and unseen authors or characters of the trained ones.
  criterion: ['5-shot logistic-regression', 'head'],
  edge: 0.05,
};

/** The two questions, fixed before any result. */
const questions = {
  margin: 1,
  comparisons: [
    ['CLCE', 'CE'],
    ['CLCE', 'CE + SupCon'],
  ] as [string, string][],
  scores: ['5-shot logistic-regression', 'head'],
};

/** Four comparisons on each data set from scratch, and four from pretrained weights. */
const oneFamily = { ...questions, family: 12 };

export default defineSuite({
  name: 'fewshot',
  title: 'Few-shot classification of novel classes',
  defaultPreset: 'quick',
  presets: {
    quick: {
      note: demonstration,
      datasets: ['icons'],
      imageSize: 32,
      backbones: ['conv4'],
      losses: shortLosses,
      // Nine cells of 200 steps take less than four minutes on two cores with AVX2.
      batchSizes: [32],
      seeds: [0, 1, 2],
      engine: 'onnx',
      recipe: { ...fromScratch, learningRate: 3e-3, budget: { steps: 200 } },
      protocol: { ...protocol, episodes: 600 },
    },
    standard: {
      datasets: ['icons'],
      imageSize: 32,
      backbones: ['conv4'],
      losses,
      batchSizes: [64],
      seeds: [0, 1, 2, 3, 4],
      engine: 'onnx',
      recipe: { ...fromScratch, budget: { steps: 400 } },
      protocol: { ...protocol, episodes: 600 },
    },
    pretrained: {
      datasets: ['icons'],
      imageSize: 64,
      backbones: ['conv4', 'mobilenetv2-openimages'],
      losses,
      batchSizes: [64],
      seeds: [0, 1, 2, 3, 4],
      engine: 'onnx',
      recipe: { ...fromScratch, budget: { steps: 200 } },
      recipes: { 'mobilenetv2-openimages': { learningRate: 3e-4 } },
      protocol: { ...protocol, episodes: 600 },
    },
    full: {
      datasets: ['icons'],
      imageSize: 84,
      backbones: ['conv4', 'resnet12'],
      losses,
      batchSizes: [64],
      seeds: [0, 1, 2, 3, 4],
      engine: 'onnx',
      recipe: { ...fromScratch, learningRate: 1e-3, budget: { steps: 6000 } },
      protocol: { ...protocol, episodes: 2000 },
    },
    rivals: {
      datasets: ['icons'],
      imageSize: 32,
      backbones: ['conv4'],
      losses: [
        'ce',
        { name: 'ce', title: 'CE, label smoothing', recipe: { labelSmoothing: 0.1 } },
        'ce+supcon',
        'clce',
        'supcon-two-views',
        'h-scl',
      ],
      batchSizes: [64],
      seeds: [0, 1, 2, 3, 4],
      engine: 'onnx',
      recipe: { ...fromScratch, budget: { steps: 400 } },
      protocol: { ...protocol, episodes: 600 },
    },
    spread: {
      note: 'Folds of development: how much accuracies vary, and no finding',
      datasets: ['icons', 'typefaces'],
      imageSize: 32,
      backbones: ['conv4'],
      losses: ['ce', 'clce'],
      batchSizes: [64],
      seeds: [0, 1],
      engine: 'onnx',
      split: { side: 'development', folds: 4 },
      recipe: { ...fromScratch, budget: { steps: 400 } },
      protocol: { ...protocol, ...crossed, classes: 'validation', episodes: 600 },
    },
    tuned: {
      datasets: ['icons', 'typefaces'],
      imageSize: 32,
      backbones: ['conv4'],
      losses: [...shortLosses, clceAtItsDefaults],
      batchSizes: [64],
      seeds: [0],
      engine: 'onnx',
      split: { side: 'confirmation', folds: 12 },
      recipe: { ...fromScratch, budget: { steps: 800 } },
      protocol: { ...protocol, ...crossed, episodes: 600 },
      tuning,
      verdicts: oneFamily,
    },
    'tuned-pretrained': {
      datasets: ['icons'],
      imageSize: 64,
      backbones: ['mobilenetv2-openimages'],
      losses: shortLosses,
      batchSizes: [64],
      seeds: [0],
      engine: 'onnx',
      split: { side: 'confirmation', folds: 6 },
      recipe: { ...fromScratch, learningRate: 3e-4, budget: { steps: 200 } },
      protocol: { ...protocol, ...crossed, episodes: 600 },
      tuning: {
        ...tuning,
        trials: 8,
        space: {
          ...tuning.space,
          'recipe.learningRate': learningRateRanges.pretrained,
        },
      },
      verdicts: oneFamily,
    },
    'tuned-smoke': {
      note: 'Two trials of ten steps: it shows that tuning works, and nothing about losses',
      datasets: ['icons'],
      imageSize: 16,
      backbones: ['conv4'],
      losses: shortLosses,
      batchSizes: [16],
      seeds: [0],
      engine: 'onnx',
      split: { side: 'confirmation', folds: 3 },
      recipe: { ...fromScratch, budget: { steps: 10 } },
      protocol: { ...protocol, ...crossed, episodes: 50 },
      tuning: { ...tuning, trials: 2 },
      verdicts: questions,
    },
    gpu: {
      ...onOneGpu,
      datasets: ['cifar-fs'],
      protocol: { ...protocol, episodes: 2000 },
      tuning: { ...onOneGpu.tuning, criterion: ['5-shot logistic-regression'] },
    },
    paper: {
      datasets: ['cifar-fs', 'fc100', 'mini-imagenet', 'tiered-imagenet'],
      imageSize: 224,
      backbones: ['beit3-base'],
      losses,
      batchSizes: [1024],
      seeds: [0, 1, 2, 3, 4],
      engine: 'onnx',
      recipe: { ...fineTuned, budget: { epochs: 100 }, warmup: 0.05 },
      protocol: { ...protocol, episodes: 2000 },
    },
  },
});
