/**
 * Whether two pictures are one picture that was scaled a little, shifted a little or encoded again. The second picture is laid over the
 * first by the method of Lucas and Kanade (IJCAI 1981), from coarse to fine, with a scale and a shift for each direction.
 */
import type { Layers, Plane } from './layers.ts';

/** Where the second picture lies: u' = scale · u + shift, with u and v from −1 to 1. */
interface Placement {
  readonly scaleX: number;
  readonly scaleY: number;
  readonly shiftX: number;
  readonly shiftY: number;
}

/** A copy is scaled by this much at most. */
const MOST_SCALE = 0.04;
/** A copy is shifted by this much at most, in halves of a side. */
const MOST_SHIFT = 0.1;
/** Steps at each resolution. */
const STEPS = [8, 5, 4, 4];
/**
 * Least correlation of the grey levels of copies at each resolution. Letters of 24 typefaces, scaled by 2 %, cropped by 3 % or shifted by
 * 3 % and encoded again, have at least 0.977, 0.991, 0.995 and, but for 1 in 100, 0.998. Of letters of different typefaces, only plain
 * strokes and a few capitals like T have more than the last.
 */
const LEAST = [0.96, 0.98, 0.99];
const LEAST_AT_LAST = 0.998;
/** Largest root mean square of the differences in one of BLOCKS × BLOCKS blocks, in standard deviations of the picture. */
const WORST_BLOCK = 0.3;
/** Largest mean difference of R − G or B − G in a block, of 255. */
const WORST_COLOUR = 24;
/** Largest difference of the means of R, G or B of copies, of 255. */
const OTHER_MEAN = 16;
const BLOCKS = 8;
const START: Placement = { scaleX: 1, scaleY: 1, shiftX: 0, shiftY: 0 };

/** Whether the second picture is a copy of the first. */
export function isCopy(first: Layers, second: Layers): boolean {
  if (first.mean.some((level, at) => Math.abs(level - second.mean[at]!) > OTHER_MEAN)) return false;
  let placement = START;
  const last = finest(first, second);
  for (const [at, steps] of STEPS.slice(0, last + 1).entries()) {
    const [a, b] = [first.grey(at), second.grey(at)];
    for (let step = 0; step < steps; step++) {
      const next = improved(a, b, placement);
      const isThere = next === undefined || distance(next, placement) < SMALLEST_STEP / a.side;
      placement = next ?? placement;
      if (isThere) break;
    }
    const { correlation, worstBlock } = agreement(a, b, placement);
    if (!(correlation > (at === last ? LEAST_AT_LAST : LEAST[at]!))) return false;
    if (at === last && worstBlock > WORST_BLOCK) return false;
  }
  return first.colours.every(
    (colour, at) => worstColour(colour, second.colours[at]!, placement) <= WORST_COLOUR,
  );
}

/** Sides that differ by this factor are of copies in another size. */
const OTHER_SIZE = 1.15;

/** The finest resolution to compare at: the smaller picture of two sizes has no more to compare than its own. */
function finest(first: Layers, second: Layers): number {
  const sides = [first.shorterSide, second.shorterSide];
  const differ = Math.max(...sides) > OTHER_SIZE * Math.min(...sides);
  return (differ ? Math.min(first.sharpCount, second.sharpCount) : first.count) - 1;
}

/** A placement that changes by less is found, in pixels. */
const SMALLEST_STEP = 0.02;

function distance(one: Placement, other: Placement): number {
  const keys = Object.keys(START) as (keyof Placement)[];
  return Math.max(...keys.map((key) => Math.abs(one[key] - other[key])));
}

type Visit = (at: number, u: number, v: number, value: number, slopeX: number, slopeY: number) => void;

/** Visits each pixel of the first plane that lies on the second: its place, and the second's value and slopes there. */
function overlay(
  side: number,
  { values }: Plane,
  { scaleX, scaleY, shiftX, shiftY }: Placement,
  visit: Visit,
): void {
  const half = side / 2;
  for (let y = 0; y < side; y++) {
    const v = (y + 0.5) / half - 1;
    const row = (scaleY * v + shiftY + 1) * half - 0.5;
    if (row < 0 || row > side - 1) continue;
    const top = Math.min(side - 2, Math.floor(row));
    const down = row - top;
    for (let x = 0; x < side; x++) {
      const u = (x + 0.5) / half - 1;
      const column = (scaleX * u + shiftX + 1) * half - 0.5;
      if (column < 0 || column > side - 1) continue;
      const left = Math.min(side - 2, Math.floor(column));
      const right = column - left;
      const at = top * side + left;
      const [a, b, c, d] = [values[at]!, values[at + 1]!, values[at + side]!, values[at + side + 1]!];
      const [upper, lower] = [a + right * (b - a), c + right * (d - c)];
      const slopeX = (b - a) * (1 - down) + (d - c) * down;
      visit(y * side + x, u, v, upper + down * (lower - upper), slopeX * half, (lower - upper) * half);
    }
  }
}

/** Unknowns of a step: two scales, two shifts, contrast and brightness. */
const UNKNOWNS = 6;
const WIDTH = UNKNOWNS + 1;

/** One step of Gauss and Newton; undefined where the pictures have nothing to align by. */
function improved(first: Plane, second: Plane, placement: Placement): Placement | undefined {
  const equations = new Float64Array(UNKNOWNS * WIDTH);
  const row = new Float64Array(WIDTH);
  overlay(first.side, second, placement, (at, u, v, value, slopeX, slopeY) => {
    row[0] = slopeX * u;
    row[1] = slopeY * v;
    row[2] = slopeX;
    row[3] = slopeY;
    row[4] = value;
    row[5] = 1;
    row[6] = first.values[at]!;
    for (let i = 0; i < UNKNOWNS; i++) {
      for (let j = i; j < WIDTH; j++) equations[i * WIDTH + j]! += row[i]! * row[j]!;
    }
  });
  const solution = solved(equations);
  const contrast = solution?.[4] ?? 0;
  // Pictures without common contrast are no copies.
  if (solution === undefined || contrast < 0.2) return undefined;
  const within = (value: number, most: number) => Math.min(most, Math.max(-most, value));
  return {
    scaleX: 1 + within(placement.scaleX - 1 + solution[0]! / contrast, MOST_SCALE),
    scaleY: 1 + within(placement.scaleY - 1 + solution[1]! / contrast, MOST_SCALE),
    shiftX: within(placement.shiftX + solution[2]! / contrast, MOST_SHIFT),
    shiftY: within(placement.shiftY + solution[3]! / contrast, MOST_SHIFT),
  };
}

/** Solves symmetric equations whose upper half and right side are given; undefined where they have no single solution. */
function solved(equations: Float64Array): Float64Array | undefined {
  for (let i = 0; i < UNKNOWNS; i++) {
    for (let j = 0; j < i; j++) equations[i * WIDTH + j] = equations[j * WIDTH + i]!;
    // A little more on the diagonal holds back a direction in which the picture has no slope.
    equations[i * WIDTH + i]! *= 1 + 1e-6;
  }
  for (let pivot = 0; pivot < UNKNOWNS; pivot++) {
    const head = equations[pivot * WIDTH + pivot]!;
    if (!(head > 1e-9)) return undefined;
    for (let i = 0; i < UNKNOWNS; i++) {
      if (i === pivot) continue;
      const factor = equations[i * WIDTH + pivot]! / head;
      for (let j = pivot; j < WIDTH; j++) equations[i * WIDTH + j]! -= factor * equations[pivot * WIDTH + j]!;
    }
  }
  return Float64Array.from(
    { length: UNKNOWNS },
    (_, i) => equations[i * WIDTH + UNKNOWNS]! / equations[i * WIDTH + i]!,
  );
}

/** Pearson correlation where the pictures overlap, and the differences in the worst block. */
function agreement(
  first: Plane,
  second: Plane,
  placement: Placement,
): { correlation: number; worstBlock: number } {
  const [places, a, b]: [number[], number[], number[]] = [[], [], []];
  overlay(first.side, second, placement, (at, _u, _v, value) => {
    places.push(at);
    a.push(first.values[at]!);
    b.push(value);
  });
  const [meanA, meanB] = [mean(a), mean(b)];
  let [squaresA, squaresB, products] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i]! - meanA, b[i]! - meanB];
    squaresA += x * x;
    squaresB += y * y;
    products += x * y;
  }
  if (!(squaresA > 0 && squaresB > 0)) return { correlation: 0, worstBlock: 0 };
  const contrast = products / squaresB;
  const differences = a.map((value, i) => (value - meanA - contrast * (b[i]! - meanB)) ** 2);
  const worst = worstMean(first.side, places, differences);
  const variance = squaresA / a.length;
  return { correlation: products / Math.sqrt(squaresA * squaresB), worstBlock: Math.sqrt(worst / variance) };
}

function worstColour(first: Plane, second: Plane, placement: Placement): number {
  const [places, differences]: [number[], number[]] = [[], []];
  overlay(first.side, second, placement, (at, _u, _v, value) => {
    places.push(at);
    differences.push(Math.abs(first.values[at]! - value));
  });
  return worstMean(first.side, places, differences);
}

/** The largest mean of the values of a block. */
function worstMean(side: number, places: readonly number[], values: readonly number[]): number {
  const [sums, counts] = [new Float64Array(BLOCKS ** 2), new Float64Array(BLOCKS ** 2)];
  for (const [i, at] of places.entries()) {
    const [y, x] = [Math.floor(at / side), at % side];
    const block = Math.floor((y * BLOCKS) / side) * BLOCKS + Math.floor((x * BLOCKS) / side);
    sums[block]! += values[i]!;
    counts[block]!++;
  }
  return Math.max(...sums.map((sum, block) => sum / Math.max(1, counts[block]!)));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
