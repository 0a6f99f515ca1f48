import { z } from 'zod';
import { counts, quickArray } from './quick-array.ts';

/** Number of equal bins of the cosine from −1 to 1. The last bin includes its upper end. */
export const SIMILARITY_BINS = 40;

/** A mean of shares may pass 1 by rounding. */
export const share = z
  .number()
  .min(0)
  .max(1 + 1e-9);
const histogram = counts
  .refine(({ length }) => length === SIMILARITY_BINS, `expected ${SIMILARITY_BINS} counts`)
  .readonly();
const point = z.tuple([z.int(), z.number(), z.number()]).readonly();

/** The schema of a stored quality. */
export const embeddingQualitySchema = z.strictObject({
  samples: z.int().min(0),
  isotropy: z.number(),
  alignment: z.number(),
  uniformity: z.number(),
  recallAt1: share,
  mapAtR: share,
  silhouette: z.number(),
  similarities: z.strictObject({ within: histogram, between: histogram }),
  map: z.strictObject({
    classes: z.array(z.string()).readonly(),
    points: quickArray(point, isPoint).readonly(),
  }),
});

export type EmbeddingQuality = z.output<typeof embeddingQualitySchema>;

function isPoint(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length === 3 &&
    Number.isSafeInteger(value[0]) &&
    Number.isFinite(value[1]) &&
    Number.isFinite(value[2])
  );
}
