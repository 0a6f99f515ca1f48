import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { MOST_DIMENSIONS, scrambledSobol, sobol } from './sobol.ts';

/** Debian's, which python3-scipy installs to. */
const PYTHON = '/usr/bin/python3';

const points = (count: number, of: (index: number, dimension: number) => number) =>
  Array.from({ length: count }, (_, index) =>
    Array.from({ length: MOST_DIMENSIONS }, (_, dimension) => of(index, dimension)),
  );

describe("Sobol' points", () => {
  // python3 -c "from scipy.stats import qmc; print(qmc.Sobol(16, scramble=False).random(8).tolist())"   SciPy 1.17.1
  it('are those of Joe and Kuo', () => {
    const eight = points(8, sobol);
    expect(eight.map((point) => point.slice(0, 4))).toEqual([
      [0, 0, 0, 0],
      [0.5, 0.5, 0.5, 0.5],
      [0.75, 0.25, 0.25, 0.25],
      [0.25, 0.75, 0.75, 0.75],
      [0.375, 0.375, 0.625, 0.875],
      [0.875, 0.875, 0.125, 0.375],
      [0.625, 0.125, 0.875, 0.625],
      [0.125, 0.625, 0.375, 0.125],
    ]);
    expect(eight[5]!.slice(4)).toEqual([
      ...[0.875, 0.625, 0.875, 0.375, 0.375, 0.125, 0.375, 0.875, 0.875, 0.125, 0.875, 0.375],
    ]);
  });

  const noScipy = scipyMissing();
  it.skipIf(noScipy !== undefined)(`are SciPy's, 256 of them in 16 dimensions${noScipy ?? ''}`, () => {
    const script =
      'import json; from scipy.stats import qmc; print(json.dumps(qmc.Sobol(16, scramble=False).random(256).tolist()))';
    expect(points(256, sobol)).toEqual(
      JSON.parse(execFileSync(PYTHON, ['-c', script], { encoding: 'utf8' })),
    );
  });

  it.each([2, 8, 16, 64])('%d scrambled points: one in each interval of each coordinate', (count) => {
    for (const seed of [0, 1, 2024]) {
      const scrambled = points(count, (index, dimension) => scrambledSobol(index, dimension, seed));
      for (let dimension = 0; dimension < MOST_DIMENSIONS; dimension++) {
        const places = scrambled.map((point) => Math.floor(point[dimension]! * count));
        expect(places.toSorted((one, other) => one - other)).toEqual(places.map((_, at) => at));
      }
    }
  });

  it('are another set for another seed, and uniform over seeds', () => {
    const firsts = Array.from({ length: 2000 }, (_, seed) => scrambledSobol(0, 3, seed));
    expect(new Set(firsts).size).toBe(2000);
    const mean = firsts.reduce((sum, one) => sum + one, 0) / 2000;
    // Four standard errors of the mean of 2,000 uniform numbers.
    expect(Math.abs(mean - 0.5)).toBeLessThan(4 * Math.sqrt(1 / 12 / 2000));
  });

  it('have no other dimension', () => {
    for (const dimension of [-1, 16, 0.5]) expect(() => sobol(0, dimension)).toThrow(/dimensions 0 … 15/);
  });
});

function scipyMissing(): string | undefined {
  try {
    execFileSync(PYTHON, ['-c', 'from scipy.stats import qmc'], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return ` (skipped, no SciPy: ${(error as Error).message.split('\n')[0]})`;
  }
}
