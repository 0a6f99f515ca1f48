import { z } from 'zod';

/** Number of equal bins of the cosine from −1 to 1. The last bin includes its upper end. */
export const SIMILARITY_BINS = 40;

/** A mean of shares may pass 1 by rounding. */
export const share = z
  .number()
  .min(0)
  .max(1 + 1e-9);
const counts = z.array(z.int().min(0)).length(SIMILARITY_BINS).readonly();

/** The schema of a stored quality. */
export const embeddingQualitySchema = z.strictObject({
  samples: z.int().min(0),
  isotropy: z.number(),
  alignment: z.number(),
  uniformity: z.number(),
  recallAt1: share,
  mapAtR: share,
  silhouette: z.number(),
  similarities: z.strictObject({ within: counts, between: counts }),
  map: z.strictObject({
    classes: z.array(z.string()).readonly(),
    points: z.array(z.tuple([z.int(), z.number(), z.number()]).readonly()).readonly(),
  }),
});

export type EmbeddingQuality = z.output<typeof embeddingQualitySchema>;
