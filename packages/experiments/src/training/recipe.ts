/** Steps, warm-up and learning rates of a recipe for one batch size and data set. */
import type { Backbone } from '@clce/backbones';
import { adamW, layerDecay, type Optimizer, sgd, warmupCosine } from '@clce/engine';
import { learningRateOf } from '../suite/learning-rate.ts';
import type { Recipe } from '../suite/preset.ts';

/** Number of optimiser steps in the budget, at least one. */
export function stepsOf({ budget }: Recipe, batchSize: number, batchesPerEpoch: number): number {
  if ('steps' in budget) return budget.steps;
  const steps = 'samples' in budget ? budget.samples / batchSize : budget.epochs * batchesPerEpoch;
  return Math.max(1, Math.round(steps));
}

export function optimizerOf(recipe: Recipe, batchSize: number, steps: number): Optimizer {
  const { optimizer, weightDecay, warmup } = recipe;
  const schedule = warmupCosine({
    peak: learningRateOf(recipe, batchSize),
    steps,
    warmupSteps: Math.round(warmup * steps),
  });
  return optimizer === 'adamw' ? adamW({ schedule, weightDecay }) : sgd({ schedule, weightDecay });
}

/** Factor of each parameter's learning rate, if the recipe has layer decay. */
export function rateScaleOf(recipe: Recipe, backbone: Backbone): { rateScale?: (name: string) => number } {
  return recipe.layerDecay === undefined
    ? {}
    : { rateScale: layerDecay(backbone.layering, recipe.layerDecay) };
}
