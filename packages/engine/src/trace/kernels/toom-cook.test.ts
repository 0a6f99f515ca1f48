import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fastCorrelation, type Matrix } from './toom-cook.ts';

const times = (matrix: Matrix, vector: readonly number[]) =>
  matrix.map((row) => row.reduce((sum, value, k) => sum + value * vector[k]!, 0));

describe.each([
  { points: [0, 1, -1], taps: 3, outputs: 2 },
  { points: [0, 1, -1, 0.5, -2], taps: 3, outputs: 4 },
  { points: [0, 1, -1, 2], taps: 2, outputs: 4 },
  { points: [3], taps: 2, outputs: 1 },
])('the correlation of $taps taps by points $points', ({ points, taps, outputs }) => {
  const { input, filter, output, points: products } = fastCorrelation(points, taps);

  it('takes one product per output and per tap, minus one', () => {
    expect(products).toBe(outputs + taps - 1);
    expect(output).toHaveLength(outputs);
  });

  it('equals the sum over taps', () => {
    const numbers = (length: number) =>
      fc.array(fc.integer({ min: -100, max: 100 }), { minLength: length, maxLength: length });
    fc.assert(
      fc.property(numbers(products), numbers(taps), (d, g) => {
        const at = times(filter, g);
        const y = times(
          output,
          times(input, d).map((value, k) => value * at[k]!),
        );
        for (let k = 0; k < outputs; k++) {
          const expected = g.reduce((sum, tap, j) => sum + tap * d[k + j]!, 0);
          expect(y[k]).toBeCloseTo(expected, 7);
        }
      }),
    );
  });
});
