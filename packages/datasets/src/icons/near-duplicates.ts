import { correlation, type StandardisedImages } from './correlation.ts';

/** Two drawings of one concept that correlate more than this are one drawing: a fork, or a copy of a convention. */
export const NEAR_DUPLICATE = 0.95;

/**
 * Rows of one class to keep: each row that correlates by at most `NEAR_DUPLICATE` with every row kept before it.
 * @param rows rows of `images`, in order of preference
 */
export function withoutNearDuplicates(images: StandardisedImages, rows: readonly number[]): number[] {
  const kept: number[] = [];
  for (const row of rows) {
    if (kept.every((other) => correlation(images, other, row) <= NEAR_DUPLICATE)) kept.push(row);
  }
  return kept;
}

/** All near-duplicates between two sets of rows of `images`. */
export function* nearDuplicatesBetween(
  images: StandardisedImages,
  left: readonly number[],
  right: readonly number[],
): Generator<[left: number, right: number]> {
  const coarse = coarseImages(images);
  // What a coarse image misses is orthogonal to what it holds, so r ≤ coarse r + residual(a) · residual(b)
  // (Cauchy–Schwarz). That bound rules most pairs out at a sixteenth of the cost.
  const residual = Array.from({ length: images.count }, (_, i) =>
    Math.sqrt(Math.max(0, correlation(images, i, i) - correlation(coarse, i, i))),
  );
  for (const a of left) {
    for (const b of right) {
      if (correlation(coarse, a, b) + residual[a]! * residual[b]! <= NEAR_DUPLICATE) continue;
      if (correlation(images, a, b) > NEAR_DUPLICATE) yield [a, b];
    }
  }
}

/** Projection on blocks of 4×4 pixels, in an orthonormal basis: a block's sum over 4. */
function coarseImages({ values, count, pixelsPerImage }: StandardisedImages): StandardisedImages {
  const side = Math.sqrt(pixelsPerImage);
  const coarseSide = Math.ceil(side / 4);
  const coarse = new Float32Array(count * coarseSide ** 2);
  for (let image = 0; image < count; image++) {
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const block = image * coarseSide ** 2 + (y >> 2) * coarseSide + (x >> 2);
        coarse[block]! += values[image * pixelsPerImage + y * side + x]! / 4;
      }
    }
  }
  return { values: coarse, count, pixelsPerImage: coarseSide ** 2 };
}
