/**
 * Pictures that are near-duplicates of each other. Candidates are pairs whose coarse grey levels agree, as far as a shift would leave
 * them; each is then confirmed on aligned pixels.
 */
import { correlation, type StandardisedImages, standardise } from '../../drawings/correlation.ts';
import { nearDuplicatesAmong } from '../../drawings/near-duplicates.ts';
import type { Picture } from '../inspect.ts';
import { Units } from '../units.ts';
import { isCopy } from './align.ts';
import type { Plane } from './layers.ts';

/** Rows of two pictures that are one picture, the earlier first. */
export type Pair = readonly [earlier: number, later: number];

/** A shift that a copy may have, as a share of the side; candidates are found up to it. */
const SHIFT = 0.04;
/** A copy may agree less than the shifted picture itself, because it was encoded again. */
const MARGIN = 0.01;
/** Pictures that agree less are no candidates, whatever a shift would do to them. */
const LEAST_CANDIDATE = 0.5;

/**
 * Pairs that join near-duplicates. A picture that is joined to one of several copies is not compared with the others, so n copies have
 * at least n − 1 pairs. The cost is quadratic in the number of pictures; a bound on 4 numbers a picture settles most pairs.
 */
export function nearCopies(pictures: readonly Pick<Picture, 'sha256' | 'layers'>[]): Pair[] {
  const joined = new Units(pictures.length);
  const pairs: Pair[] = [];
  const join = (earlier: number, later: number) => {
    joined.join(earlier, later);
    pairs.push([earlier, later]);
  };
  const firstOf = new Map<string, number>();
  for (const [row, { sha256 }] of pictures.entries()) {
    const first = firstOf.get(sha256);
    if (first === undefined) firstOf.set(sha256, row);
    else join(first, row);
  }
  const coarse = pictures.map(({ layers }) => layers.grey(0));
  const images = standardised(coarse);
  const shifted = coarse.map(ownAgreement);
  const least = (a: number, b: number) =>
    Math.max(LEAST_CANDIDATE, Math.min(shifted[a]!, shifted[b]!) - MARGIN);
  for (const [a, b] of nearDuplicatesAmong(images, [...firstOf.values()], (row) => row, least)) {
    if (joined.areJoined(a, b)) continue;
    if (isCopy(pictures[a]!.layers, pictures[b]!.layers)) join(a, b);
  }
  return pairs.sort(([a, b], [c, d]) => a - c || b - d);
}

function standardised(planes: readonly Plane[]): StandardisedImages {
  const pixels = (planes[0]?.side ?? 0) ** 2;
  const rgb = new Uint8Array(planes.length * pixels * 3);
  for (const [at, { values }] of planes.entries()) {
    for (let i = 0; i < pixels; i++)
      rgb.fill(Math.round(values[i]!), 3 * (at * pixels + i), 3 * (at * pixels + i + 1));
  }
  return standardise(rgb, Math.max(1, pixels));
}

/** The least correlation of a picture with itself, shifted along a diagonal. */
function ownAgreement(plane: Plane): number {
  const diagonals = [1, -1].map((down) => shiftedBy(plane, SHIFT * plane.side, down * SHIFT * plane.side));
  const images = standardised([plane, ...diagonals]);
  return Math.min(correlation(images, 0, 1), correlation(images, 0, 2));
}

/** The plane shifted by a part of a pixel; the edge is repeated. */
function shiftedBy({ side, values }: Plane, right: number, down: number): Plane {
  const at = (y: number, x: number) =>
    values[Math.min(side - 1, Math.max(0, y)) * side + Math.min(side - 1, Math.max(0, x))]!;
  const shifted = Float32Array.from({ length: side * side }, (_, i) => {
    const [row, column] = [Math.floor(i / side) - down, (i % side) - right];
    const [top, left] = [Math.floor(row), Math.floor(column)];
    const [y, x] = [row - top, column - left];
    const upper = at(top, left) * (1 - x) + at(top, left + 1) * x;
    return upper * (1 - y) + (at(top + 1, left) * (1 - x) + at(top + 1, left + 1) * x) * y;
  });
  return { side, values: shifted };
}
