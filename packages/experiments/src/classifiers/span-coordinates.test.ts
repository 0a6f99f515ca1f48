import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spanCoordinates } from './span-coordinates.ts';

/** L·Lᵀ, row-major. */
function product(coordinates: Float64Array, n: number): number[] {
  return Array.from({ length: n * n }, (_, at) => {
    let sum = 0;
    for (let c = 0; c < n; c++)
      sum += coordinates[Math.floor(at / n) * n + c]! * coordinates[(at % n) * n + c]!;
    return sum;
  });
}

describe('spanCoordinates', () => {
  it('counts a repeated vector once', () => {
    const gram = Float64Array.of(1, 1, 0.6, 1, 1, 0.6, 0.6, 0.6, 1);
    const { rank, coordinates } = spanCoordinates(gram, 3);
    expect(rank).toBe(2);
    product(coordinates, 3).forEach((entry, at) => {
      expect(entry).toBeCloseTo(gram[at]!, 14);
    });
  });

  it('has rank 0 for vectors of length zero', () => {
    expect(spanCoordinates(new Float64Array(4), 2).rank).toBe(0);
  });

  it('keeps every inner product, and has no more dimensions than the vectors', () => {
    const component = fc.double({ min: -1, max: 1, noNaN: true });
    const vector = fc.array(component, { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(fc.array(vector, { minLength: 1, maxLength: 7 }), (vectors) => {
        const n = vectors.length;
        const gram = Float64Array.from({ length: n * n }, (_, at) =>
          vectors[Math.floor(at / n)]!.reduce((sum, value, d) => sum + value * vectors[at % n]![d]!, 0),
        );
        const { rank, coordinates } = spanCoordinates(gram, n);
        expect(rank).toBeLessThanOrEqual(Math.min(3, n));
        product(coordinates, n).forEach((entry, at) => {
          expect(entry).toBeCloseTo(gram[at]!, 12);
        });
      }),
      { seed: 1 },
    );
  });
});
