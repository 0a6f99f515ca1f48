import { correlation, type StandardisedImages } from './correlation.ts';

/** Two drawings of one concept with a higher correlation count as one drawing: a fork, or a copy of a convention. */
export const NEAR_DUPLICATE = 0.95;

/**
 * Rows of one class to keep: a row is kept if its correlation with every kept row is at most `NEAR_DUPLICATE`.
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
  const areNear = nearness(images);
  for (const a of left) for (const b of right) if (areNear(a, b)) yield [a, b];
}

/**
 * All near-duplicates among rows of `images` that are of different kinds, each pair once and the earlier row first.
 *
 * @param least the correlation that near-duplicates exceed; `NEAR_DUPLICATE` by default
 */
export function* nearDuplicatesAmong(
  images: StandardisedImages,
  rows: readonly number[],
  kindOf: (row: number) => unknown,
  least?: (a: number, b: number) => number,
): Generator<[earlier: number, later: number]> {
  const areNear = nearness(images, least);
  const kinds = rows.map(kindOf);
  for (let i = 0; i < rows.length; i++) {
    for (let j = i + 1; j < rows.length; j++) {
      if (kinds[i] !== kinds[j] && areNear(rows[i]!, rows[j]!)) yield [rows[i]!, rows[j]!];
    }
  }
}

function nearness(
  images: StandardisedImages,
  least: (a: number, b: number) => number = () => NEAR_DUPLICATE,
): (a: number, b: number) => boolean {
  const [coarsest, ...finer] = [8, 4, 2].map((blockSide) => boundsOf(images, blockSide));
  return (a, b) => {
    const needed = least(a, b);
    // The cheap bound comes first, because it settles nearly all pairs.
    if (upperBound(coarsest!, a, b) <= needed) return false;
    if (finer.some((bounds) => upperBound(bounds, a, b) <= needed)) return false;
    return correlation(images, a, b) > needed;
  };
}

/** Images coarsened to blocks, and the length of each image's residual. */
interface Bounds {
  readonly coarse: StandardisedImages;
  readonly residual: Float64Array;
}

function boundsOf(images: StandardisedImages, blockSide: number): Bounds {
  const coarse = coarsen(images, blockSide);
  const residual = Float64Array.from({ length: images.count }, (_, i) =>
    Math.sqrt(Math.max(0, correlation(images, i, i) - correlation(coarse, i, i))),
  );
  return { coarse, residual };
}

/**
 * A cheap upper bound of the correlation. The residual of an image is orthogonal to its coarse image, so
 * r ≤ coarse r + residual(a) · residual(b) by Cauchy–Schwarz.
 */
function upperBound({ coarse, residual }: Bounds, a: number, b: number): number {
  return correlation(coarse, a, b) + residual[a]! * residual[b]!;
}

/** Projection on blocks of blockSide × blockSide pixels in an orthonormal basis: each block's sum divided by blockSide. */
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
