import { describe, expect, it } from 'vitest';
import { counterRandom } from '../sampling/random.ts';
import { correlation, standardise } from './correlation.ts';
import {
  NEAR_DUPLICATE,
  nearDuplicatesAmong,
  nearDuplicatesBetween,
  withoutNearDuplicates,
} from './near-duplicates.ts';

const PIXELS = 32 * 32;
/** Thirty families of four pictures each: one original and three that differ from it more and more. */
const pixels = pictures(30);
const images = standardise(pixels, PIXELS);
const rows = Array.from({ length: images.count }, (_, row) => row);

describe('correlation', () => {
  it("is Pearson's r of the grey levels", () => {
    for (const [a, b] of [
      [0, 1],
      [0, 3],
      [5, 60],
      [7, 7],
    ] as const) {
      expect(correlation(images, a, b)).toBeCloseTo(slowCorrelation(a, b), 5);
    }
  });

  it('is 0 with a blank image', () => {
    const withBlank = standardise(
      Uint8Array.from([...pixels.subarray(0, 3 * PIXELS), ...new Uint8Array(3 * PIXELS)]),
      PIXELS,
    );
    expect(correlation(withBlank, 0, 1)).toBe(0);
    expect(correlation(withBlank, 1, 1)).toBe(0);
  });
});

describe('nearDuplicatesBetween', () => {
  it('finds the pairs that comparing all of them finds', () => {
    const [left, right] = [rows.filter((row) => row % 2 === 0), rows.filter((row) => row % 2 === 1)];
    const expected = left.flatMap((a) =>
      right.filter((b) => slowCorrelation(a, b) > NEAR_DUPLICATE).map((b) => [a, b]),
    );
    expect(expected.length).toBeGreaterThan(20);
    expect([...nearDuplicatesBetween(images, left, right)]).toEqual(expected);
  });
});

describe('nearDuplicatesAmong', () => {
  it('finds each pair of two kinds once, the earlier row first', () => {
    const kindOf = (row: number) => row % 3;
    const shuffled = rows.toReversed();
    const expected = shuffled.flatMap((a, at) =>
      shuffled
        .slice(at + 1)
        .filter((b) => kindOf(a) !== kindOf(b) && slowCorrelation(a, b) > NEAR_DUPLICATE)
        .map((b) => [a, b]),
    );
    expect(expected.length).toBeGreaterThan(20);
    expect([...nearDuplicatesAmong(images, shuffled, kindOf)]).toEqual(expected);
  });
});

describe('withoutNearDuplicates', () => {
  it('keeps the first of each group of copies, and all that differ', () => {
    const kept = withoutNearDuplicates(images, rows);
    const expected: number[] = [];
    for (const row of rows) {
      if (!expected.some((other) => slowCorrelation(other, row) > NEAR_DUPLICATE)) expected.push(row);
    }
    expect(kept).toEqual(expected);
    expect(kept.length).toBeLessThan(rows.length);
    expect(kept).toEqual(expect.arrayContaining(rows.filter((row) => row % 4 === 0)));
  });
});

function pictures(families: number): Uint8Array {
  const all = new Uint8Array(families * 4 * PIXELS * 3);
  const random = counterRandom(1);
  for (let family = 0; family < families; family++) {
    for (let variant = 0; variant < 4; variant++) {
      for (let i = 0; i < PIXELS; i++) {
        const changed = random.unit(1, variant, family * PIXELS + i) < variant * 0.012;
        const value = random.below(2, 0, changed ? 1 + variant : 0, family * PIXELS + i) * 255;
        all.fill(
          value,
          ((family * 4 + variant) * PIXELS + i) * 3,
          ((family * 4 + variant) * PIXELS + i + 1) * 3,
        );
      }
    }
  }
  return all;
}

function slowCorrelation(a: number, b: number): number {
  const grey = (image: number, i: number): number => {
    const at = (image * PIXELS + i) * 3;
    return (pixels[at]! + pixels[at + 1]! + pixels[at + 2]!) / 3;
  };
  let [sumA, sumB, squaresA, squaresB, products] = [0, 0, 0, 0, 0];
  for (let i = 0; i < PIXELS; i++) {
    const [x, y] = [grey(a, i), grey(b, i)];
    sumA += x;
    sumB += y;
    squaresA += x * x;
    squaresB += y * y;
    products += x * y;
  }
  const covariance = products - (sumA * sumB) / PIXELS;
  return covariance / Math.sqrt((squaresA - sumA ** 2 / PIXELS) * (squaresB - sumB ** 2 / PIXELS));
}
