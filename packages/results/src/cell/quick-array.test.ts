import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { embeddingQualitySchema } from './embedding-quality.ts';
import { counts } from './quick-array.ts';

const { points } = embeddingQualitySchema.shape.map.shape;
const schemas = [
  ['counts', counts, z.array(z.int().min(0))],
  ['points', points, z.array(z.tuple([z.int(), z.number(), z.number()]))],
] as const;

const number = fc.oneof(fc.integer(), fc.nat(), fc.double());
const entry = fc.oneof(number, fc.tuple(fc.integer(), number, number), fc.array(number), fc.jsonValue());
const value = fc.oneof(
  fc.array(fc.nat()),
  fc.array(fc.tuple(fc.nat(), fc.double({ noNaN: true }), fc.double({ noNaN: true }))),
  fc.array(entry),
  fc.jsonValue(),
);

describe.each(schemas)('a quick array of %s', (_, quick, slow) => {
  it('accepts what the schema of each entry accepts, and gives the same reason', () => {
    fc.assert(
      fc.property(value, (candidate) => {
        const found = quick.safeParse(candidate);
        const expected = slow.safeParse(candidate);
        expect(found.success).toBe(expected.success);
        if (found.success) expect(found.data).toEqual(candidate);
        const reasons = (issues: readonly z.core.$ZodIssue[] = []) =>
          issues.map(({ path, message }) => ({ path, message }));
        expect(reasons(found.error?.issues)).toEqual(reasons(expected.error?.issues));
      }),
      { seed: 25, numRuns: 500 },
    );
  });
});
