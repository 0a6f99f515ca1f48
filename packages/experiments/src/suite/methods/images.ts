/** What a batch holds of a method: samples, and images of them. */
import { getLoss } from '@clce/losses';
import type { Recipe } from '../preset.ts';

/** A specification of training, or a method with its recipe. */
interface Batched {
  readonly loss: { readonly name: string };
  readonly recipe: Pick<Recipe, 'batchOf'>;
  readonly batchSize: number;
}

/**
 * Samples of a step. A batch of images holds both views of half as many samples, so that every method sees the same number of
 * images a step. A batch of samples holds twice as many images for a loss of two views.
 */
export function samplesPerStep({ batchSize, loss, recipe }: Batched): number {
  return recipe.batchOf === 'images' ? batchSize / getLoss(loss.name).views : batchSize;
}

/** Images of a step, all views together: what the step costs. */
export function imagesPerStep(spec: Batched): number {
  return samplesPerStep(spec) * getLoss(spec.loss.name).views;
}
