/** What a batch holds of a method: samples, and images of them. */
import { findLoss } from '@clce/losses';
import type { TrainingSpec } from '../cell.ts';

type Batched = Pick<TrainingSpec, 'batchSize'> & {
  readonly loss: Pick<TrainingSpec['loss'], 'name'>;
  readonly recipe: Pick<TrainingSpec['recipe'], 'batchOf'>;
};

/**
 * Samples of a step. A batch of images holds both views of half as many samples, so that every method sees the same number of
 * images a step. A batch of samples holds twice as many images for a loss of two views.
 */
export function samplesPerStep({ batchSize, loss, recipe }: Batched): number {
  return recipe.batchOf === 'images' ? batchSize / findLoss(loss.name).views : batchSize;
}

/** Images of a step, all views together: what the step costs. */
export function imagesPerStep(spec: Batched): number {
  return samplesPerStep(spec) * findLoss(spec.loss.name).views;
}
