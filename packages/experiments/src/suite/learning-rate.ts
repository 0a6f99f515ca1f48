import type { Recipe } from './preset.ts';

/** How the learning rate grows with the batch: linearly (Goyal et al. 2017, arXiv 1706.02677) or by the square root (Krizhevsky 2014,
 * arXiv 1404.5997), or not at all.
 */
export function learningRateOf(recipe: Recipe, batchSize: number): number {
  const { learningRate, learningRateRule, baseBatchSize } = recipe;
  const times = batchSize / baseBatchSize;
  return learningRate * { none: 1, linear: times, 'square-root': Math.sqrt(times) }[learningRateRule];
}
