/**
 * How much the difference of two losses is taken to vary before the first training. A plan needs it to say what it can show; the
 * answer has the intervals that were measured.
 */
import type { Spreads } from '@clce/statistics';

/** What a fold measures: its classes, and the spreads of the paired difference of two losses. */
export interface Measure {
  readonly classes: number;
  readonly spreads: Spreads;
}

/** Between training runs, in points. */
const RUN_SPREAD = 1;

/** Share of the pictures that one of two trainings gets right and the other wrong. */
const DISAGREEMENT = 0.125;

/**
 * Accuracy of the head. Folds test other pictures of the same classes. Of the disagreement, half stays with the picture when both
 * trainings are repeated.
 *
 * @param tested number of tested pictures of each class in a fold
 */
export function headMeasure(tested: readonly number[]): Measure {
  const perPicture = tested.reduce((sum, pictures) => sum + 1 / pictures, 0) / tested.length;
  const half = 100 * Math.sqrt((DISAGREEMENT / 2) * perPicture);
  return { classes: tested.length, spreads: { fold: 0, seed: RUN_SPREAD, class: half, rest: half } };
}

/** Few-shot accuracy on classes that are novel in one fold each; spreads between those of icons and of typefaces (docs/spreads.md). */
export function fewShotMeasure(classes: number): Measure {
  return { classes, spreads: { fold: 0.7, seed: 0.7, class: 4, rest: 3 } };
}
