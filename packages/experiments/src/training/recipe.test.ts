import { getBackbone } from '@clce/backbones';
import { describe, expect, it } from 'vitest';
import { learningRateOf } from '../suite/learning-rate.ts';
import type { Recipe } from '../suite/preset.ts';
import { optimizerOf, rateScaleOf, stepsOf } from './recipe.ts';

const recipe: Recipe = {
  optimizer: 'adamw',
  learningRate: 0.01,
  learningRateRule: 'none',
  baseBatchSize: 64,
  weightDecay: 0.05,
  budget: { steps: 400 },
  warmup: 0.05,
  crop: true,
  horizontalFlip: true,
};

describe('a budget', () => {
  it.each([
    [{ steps: 400 }, 64, 400],
    [{ samples: 25_600 }, 64, 400],
    [{ samples: 25_600 }, 1024, 25],
    [{ samples: 100 }, 1024, 1],
    [{ epochs: 2.5 }, 64, 25],
  ])('%j at batch %i is %i steps', (budget, batchSize, steps) => {
    expect(stepsOf({ ...recipe, budget }, batchSize, 10)).toBe(steps);
  });
});

describe('the learning rate', () => {
  it.each([
    ['none', 0.01],
    ['linear', 0.04],
    ['square-root', 0.02],
  ] as const)('by the rule %s, at four times the batch', (learningRateRule, rate) => {
    expect(learningRateOf({ ...recipe, learningRateRule }, 256)).toBeCloseTo(rate, 15);
    expect(learningRateOf({ ...recipe, learningRateRule }, 64)).toBe(0.01);
  });

  it('warms up in the given share of the steps', () => {
    const { scalars } = optimizerOf(recipe, 64, 400);
    const rates = Array.from({ length: 400 }, (_, step) => scalars(step)['rate']!);
    expect(rates.indexOf(Math.max(...rates))).toBe(20);
    expect(rates[0]).toBeCloseTo(0.01 / 21, 12);
    expect(rates.at(-1)).toBeCloseTo(0, 12);
  });

  it('falls from layer to layer where the recipe says so', () => {
    const backbone = getBackbone('vit-tiny');
    expect(rateScaleOf(recipe, backbone)).toEqual({});
    const { rateScale } = rateScaleOf({ ...recipe, layerDecay: 0.65 }, backbone);
    expect(rateScale!('head.weight')).toBe(1);
    expect(rateScale!('blocks.11.mlp.fc1.weight')).toBeCloseTo(0.65, 12);
    expect(rateScale!('pos_embed')).toBeCloseTo(0.65 ** 13, 12);
  });
});
