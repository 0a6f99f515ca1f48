/** What cells cost before they run. */
import { stepsOf } from '../../training/recipe.ts';
import type { CellSpec } from '../cell.ts';
import { imagesPerStep } from '../methods/images.ts';

/** Images of a unit: 400 steps of batches of 64. */
const UNIT = 400 * 64;

/**
 * The images that a cell trains on, in units of 400 steps of batches of 64; 0 without training, undefined where the budget counts
 * epochs of a data set.
 */
export function costOf(spec: CellSpec): number | undefined {
  if (spec.kind !== 'training') return 0;
  if ('epochs' in spec.recipe.budget) return undefined;
  // Only a budget of epochs depends on the data set.
  const steps = stepsOf(spec.recipe, spec.batchSize, 0);
  return (steps * imagesPerStep(spec)) / UNIT;
}
