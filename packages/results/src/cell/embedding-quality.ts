import { z } from 'zod';
import { embeddingMeasures, share } from './measure-bounds.ts';
import { counts, quickArray } from './quick-array.ts';

/** Number of equal bins of the cosine from −1 to 1. The last bin includes its upper end. */
export const SIMILARITY_BINS = 40;

const histogram = counts
  .refine(({ length }) => length === SIMILARITY_BINS, `expected ${SIMILARITY_BINS} counts`)
  .readonly();
const point = z.tuple([z.int(), z.number(), z.number()]).readonly();

/** The schema of a stored quality. */
export const embeddingQualitySchema = z.strictObject({
  samples: z.int().min(0),
  ...embeddingMeasures,
  recallAt1: share,
  mapAtR: share,
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
