import { counterRandom, RandomOperation } from '@clce/datasets';
import { describe, expect, it } from 'vitest';
import { singleError } from './classifier.ts';
import { EpisodeRows, strideOf } from './episode-rows.ts';

const random = counterRandom(3);
/** Unit vectors. */
function unitRows(count: number, dim: number): Float32Array {
  const values = new Float32Array(count * dim);
  for (let row = 0; row < count; row++) {
    const own = Array.from({ length: dim }, (_, d) => random.unit(RandomOperation.weights, row, d) - 0.5);
    const length = Math.hypot(...own);
    values.set(
      own.map((value) => value / length),
      row * dim,
    );
  }
  return values;
}

function obviousProduct(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let d = 0; d < a.length; d++) sum += a[d]! * b[d]!;
  return sum;
}

describe('EpisodeRows', () => {
  it.each([3, 8, 21, 640])('gives the products of a slow loop, dim %d, in both precisions', (dim) => {
    const values = unitRows(20, dim);
    const rowAt = (row: number) => values.subarray(row * dim, (row + 1) * dim);
    const [support, queries] = [Int32Array.of(3, 9, 9, 14, 0, 7, 2), Int32Array.of(19, 1, 8, 4, 6)];
    const rows = new EpisodeRows({ values, dim }, { support: 7, queries: 7 });
    rows.enter({ way: 1, shot: 7, query: 5, support, queries });
    const amounts = Float64Array.of(0.5, -1, 2, 0.25, 3, -0.125, 1);
    // Seven columns: each support row as it is, but for the last, a combination of all.
    const columns = Array.from(support, (row) => Float64Array.from(rowAt(row)));
    columns[6]!.fill(0);
    support.forEach((row, i) => {
      columns[6]!.forEach((_, d) => {
        columns[6]![d]! += amounts[i]! * rowAt(row)[d]!;
      });
    });
    columns.forEach((column, k) => {
      const squared = k < 6 ? rows.combine(k, support, k, k + 1) : rows.combine(k, support, 0, 7, amounts);
      expect(squared).toBeCloseTo(obviousProduct(column, column), 12);
    });
    for (const precision of ['double', 'single'] as const) {
      for (const taken of [queries, support]) {
        const products = rows.products(taken, 7, precision);
        taken.forEach((row, i) => {
          columns.forEach((column, k) => {
            const error = Math.abs(products[i * strideOf(7) + k]! - obviousProduct(rowAt(row), column));
            const allowed = precision === 'single' ? singleError(dim) : 1e-15 * dim;
            expect(error).toBeLessThanOrEqual(allowed * Math.max(1, Math.hypot(...column)));
          });
        });
      }
      const lower = rows.products(support, 7, precision, true).slice();
      const all = rows.products(support, 7, precision);
      for (let i = 0; i < 7; i++) {
        for (let k = 0; k <= i; k++) expect(lower[i * strideOf(7) + k]).toBe(all[i * strideOf(7) + k]);
      }
    }
  });

  it('multiplies products with a column by its factor, until the column is combined again', () => {
    const rows = new EpisodeRows({ values: unitRows(9, 21), dim: 21 }, { support: 6, queries: 3 });
    const [support, queries] = [Int32Array.of(0, 1, 2, 3, 4, 5), Int32Array.of(6, 7, 8)];
    rows.enter({ way: 1, shot: 6, query: 3, support, queries });
    for (let k = 0; k < 6; k++) rows.combine(k, support, k, k + 1);
    for (const precision of ['single', 'double'] as const) {
      const plain = rows.products(queries, 6, precision).slice();
      const factors = [1, 0.3, 0, 1, 1, -7.1];
      factors.forEach((factor, k) => {
        rows.scale(k, factor);
      });
      const scaled = rows.products(queries, 6, precision);
      for (let row = 0; row < 3; row++) {
        for (let k = 0; k < 6; k++) expect(scaled[10 * row + k]).toBe(factors[k]! * plain[10 * row + k]!);
      }
      for (let k = 0; k < 6; k++) rows.combine(k, support, k, k + 1);
      expect(rows.products(queries, 6, precision)).toEqual(plain);
    }
  });

  it('drops all rows when its memory is full, and gives the same products', () => {
    const [count, dim] = [40, 16];
    const values = unitRows(count, dim);
    const largest = { support: 2, queries: 3 };
    const [whole, small] = [
      new EpisodeRows({ values, dim }, largest),
      new EpisodeRows({ values, dim }, largest, 7 * 4 * dim),
    ];
    for (let start = 0; start + 5 <= count; start += 3) {
      const support = Int32Array.of(start + 4, start);
      const queries = Int32Array.of(start + 1, start + 2, start + 3);
      const found = [whole, small].map((rows) => {
        rows.enter({ way: 1, shot: 2, query: 3, support, queries });
        rows.combine(0, support, 0, 2);
        return [...rows.products(queries, 1, 'double').subarray(0, 3 * strideOf(1))];
      });
      expect(found[1]).toEqual(found[0]);
    }
  });

  it('refuses an episode that it has no room for', () => {
    const rows = new EpisodeRows({ values: unitRows(4, 2), dim: 2 }, { support: 1, queries: 1 });
    const episode = {
      way: 1,
      shot: 2,
      query: 1,
      support: Int32Array.of(0, 1),
      queries: Int32Array.of(2),
    };
    expect(() => rows.enter(episode)).toThrow('2 support rows and 1 queries');
  });
});
