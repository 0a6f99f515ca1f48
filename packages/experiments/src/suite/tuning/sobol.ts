/**
 * Sobol' points in up to 16 dimensions, with the direction numbers of Joe & Kuo 2008 ("Constructing Sobol' sequences with better
 * two-dimensional projections", new-joe-kuo-6.21201), scrambled as in Owen 1995 ("Randomly permuted (t, m, s)-nets"). Of 2^m points,
 * each interval of length 2^-m of each coordinate holds exactly one; scrambling keeps this.
 */
import { createHash } from 'node:crypto';

/**
 * Of dimensions 2, 3, …: the degree of the primitive polynomial, its inner coefficients as bits, and the first direction numbers.
 * The first dimension is the van der Corput sequence.
 */
const JOE_KUO: readonly (readonly [degree: number, coefficients: number, first: readonly number[]])[] = [
  [1, 0, [1]],
  [2, 1, [1, 3]],
  [3, 1, [1, 3, 1]],
  [3, 2, [1, 1, 1]],
  [4, 1, [1, 1, 3, 3]],
  [4, 4, [1, 3, 5, 13]],
  [5, 2, [1, 1, 5, 5, 17]],
  [5, 4, [1, 1, 5, 5, 5]],
  [5, 7, [1, 1, 7, 11, 19]],
  [5, 11, [1, 1, 5, 1, 1]],
  [5, 13, [1, 1, 1, 3, 11]],
  [5, 14, [1, 3, 5, 5, 31]],
  [6, 1, [1, 3, 3, 9, 7, 49]],
  [6, 13, [1, 1, 1, 15, 21, 21]],
  [6, 16, [1, 3, 1, 13, 27, 49]],
];

export const MOST_DIMENSIONS = JOE_KUO.length + 1;

const BITS = 32;

/**
 * A coordinate of a point without scrambling, in [0, 1). Point 0 is the origin. The order is that of Antonov & Saleev 1979.
 *
 * @param index of the point, from 0
 * @param dimension from 0 to `MOST_DIMENSIONS` - 1
 * @throws RangeError on another dimension
 */
export function sobol(index: number, dimension: number): number {
  return bitsOf(index, dimension) / 2 ** BITS;
}

/** The same coordinate, scrambled. It is a function of its arguments alone. @param seed of the scrambling */
export function scrambledSobol(index: number, dimension: number, seed: number): number {
  return scrambled(bitsOf(index, dimension), dimension, seed) / 2 ** BITS;
}

function bitsOf(index: number, dimension: number): number {
  const directions = directionsOf(dimension);
  const gray = (index ^ (index >>> 1)) >>> 0;
  return directions.reduce((bits, direction, at) => ((gray >>> at) & 1 ? bits ^ direction : bits), 0) >>> 0;
}

const known = new Map<number, readonly number[]>();

/** The direction numbers of a dimension as fractions of 2^32. */
function directionsOf(dimension: number): readonly number[] {
  const before = known.get(dimension);
  if (before !== undefined) return before;
  if (!Number.isInteger(dimension) || dimension < 0 || dimension >= MOST_DIMENSIONS) {
    throw new RangeError(`a Sobol' point has dimensions 0 … ${MOST_DIMENSIONS - 1}, not ${dimension}`);
  }
  const directions: number[] = [];
  const [degree, coefficients, first] = dimension === 0 ? [0, 0, []] : JOE_KUO[dimension - 1]!;
  for (let at = 0; at < BITS; at++) {
    if (dimension === 0) directions.push(2 ** (BITS - 1 - at));
    else if (at < degree) directions.push(first[at]! * 2 ** (BITS - 1 - at));
    else {
      let direction = directions[at - degree]! ^ (directions[at - degree]! >>> degree);
      for (let back = 1; back < degree; back++) {
        if ((coefficients >>> (degree - 1 - back)) & 1) direction ^= directions[at - back]!;
      }
      directions.push(direction >>> 0);
    }
  }
  known.set(dimension, directions);
  return directions;
}

/** Flips each bit by a hash of the bits above it, so points that share an interval keep sharing one. */
function scrambled(bits: number, dimension: number, seed: number): number {
  let flipped = 0;
  for (let depth = 0; depth < BITS; depth++) {
    const above = depth === 0 ? 0 : bits >>> (BITS - depth);
    const [hash] = createHash('sha256').update(`${seed} ${dimension} ${depth} ${above}`).digest();
    const bit = ((bits >>> (BITS - 1 - depth)) & 1) ^ (hash! & 1);
    flipped += bit * 2 ** (BITS - 1 - depth);
  }
  return flipped;
}
