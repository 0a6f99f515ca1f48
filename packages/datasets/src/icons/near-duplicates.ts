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
  const bounds = [8, 4, 2].map((blockSide) => upperBound(images, blockSide));
  for (const a of left) {
    for (const b of right) {
      if (
        bounds.every((bound) => bound(a, b) > NEAR_DUPLICATE) &&
        correlation(images, a, b) > NEAR_DUPLICATE
      ) {
        yield [a, b];
      }
    }
  }
}

/**
 * A cheap upper bound of the correlation, from images coarsened to blocks. What a coarse image misses is orthogonal
 * to what it holds, so r ≤ coarse r + residual(a) · residual(b) by Cauchy–Schwarz. The bounds rule nearly all pairs
 * out, so that tens of millions of pairs take seconds.
 */
function upperBound(images: StandardisedImages, blockSide: number): (a: number, b: number) => number {
  const coarse = coarsen(images, blockSide);
  const residual = Float64Array.from({ length: images.count }, (_, i) =>
    Math.sqrt(Math.max(0, correlation(images, i, i) - correlation(coarse, i, i))),
  );
  return (a, b) => correlation(coarse, a, b) + residual[a]! * residual[b]!;
}

/** Projection on blocks of blockSide × blockSide pixels in an orthonormal basis: each block's sum over blockSide. */
function coarsen(
  { values, count, pixelsPerImage }: StandardisedImages,
  blockSide: number,
): StandardisedImages {
  const side = Math.sqrt(pixelsPerImage);
  const blocksPerSide = Math.ceil(side / blockSide);
  const coarse = new Float32Array(count * blocksPerSide ** 2);
  for (let image = 0; image < count; image++) {
    for (let i = 0; i < pixelsPerImage; i++) {
      const [y, x] = [Math.floor(i / side / blockSide), Math.floor((i % side) / blockSide)];
      coarse[image * blocksPerSide ** 2 + y * blocksPerSide + x]! +=
        values[image * pixelsPerImage + i]! / blockSide;
    }
  }
  return { values: coarse, count, pixelsPerImage: blocksPerSide ** 2 };
}
