/** Between which values each measure lies (docs/embedding-quality.md). */
import { z } from 'zod';

/** A mean may pass its bounds by rounding, and embeddings of 32 bits have lengths near one. */
const ROUNDING = 1e-5;

const between = (least: number, most: number) =>
  z
    .number()
    .min(least - ROUNDING)
    .max(most + ROUNDING);

export const share = between(0, 1);

/** The measures of embeddings that are no shares of samples. */
export const embeddingMeasures = {
  silhouette: between(-1, 1),
  alignment: between(0, 4),
  uniformity: between(-8, 0),
  isotropy: between(0, 1),
};

/** Whether a measure of a table can have this value; shares are in percent there. */
export function isWithinBounds(measure: string, value: number): boolean {
  if (Object.hasOwn(embeddingMeasures, measure)) {
    return embeddingMeasures[measure as keyof typeof embeddingMeasures].safeParse(value).success;
  }
  return share.safeParse(value / 100).success;
}
