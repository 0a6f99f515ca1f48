import { z } from 'zod';

/** Number of equal bins of the cosine from −1 to 1. The last bin includes its upper end. */
export const SIMILARITY_BINS = 40;

const counts = z.array(z.int().min(0)).length(SIMILARITY_BINS).readonly();

/** The schema of a stored quality. */
export const embeddingQualitySchema = z.strictObject({
  samples: z.int(),
  isotropy: z.number(),
  alignment: z.number(),
  uniformity: z.number(),
  /** Shares. */
  recallAt1: z.number(),
  mapAtR: z.number(),
  silhouette: z.number(),
  similarities: z.strictObject({ within: counts, between: counts }),
  map: z.strictObject({
    classes: z.array(z.string()).readonly(),
    points: z.array(z.tuple([z.int(), z.number(), z.number()]).readonly()).readonly(),
  }),
});

export type EmbeddingQuality = z.output<typeof embeddingQualitySchema>;
