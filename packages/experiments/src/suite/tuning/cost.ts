/** What cells cost before they run. */
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
  const { budget } = spec.recipe;
  if ('epochs' in budget) return undefined;
  const steps = 'steps' in budget ? budget.steps : Math.max(1, Math.round(budget.samples / spec.batchSize));
  return (steps * imagesPerStep(spec)) / UNIT;
}
