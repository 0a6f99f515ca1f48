/**
 * The kernel of few-shot classification in plain JavaScript, over the memory layout of `row-kernel.ts`. It measures what the
 * WebAssembly kernel saves.
 */
import type { RowKernel } from '../../packages/experiments/src/evaluation/classifiers/row-kernel.ts';

/** Opens a kernel with at least `bytes` bytes of memory, all zero. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: its functions are written out, and share the memory.
export function openPlainRowKernel(bytes: number): RowKernel {
  const memory = new ArrayBuffer(Math.ceil(bytes / 8) * 8);
  const doubles = new Float64Array(memory);
  const floats = new Float32Array(memory);
  const integers = new Uint32Array(memory);

  const combined =
    (weighted: boolean): RowKernel['combine'] =>
    (from, end, amounts, dim, double, single) => {
      const [wide, narrow] = [double >> 3, single >> 2];
      let squares = 0;
      for (let i = 0; i < dim; i += 4) {
        let a = 0;
        let b = 0;
        let c = 0;
        let d = 0;
        for (let at = from >> 2, k = amounts >> 3; at < end >> 2; at++, k++) {
          const row = (integers[at]! >> 2) + i;
          const amount = weighted ? doubles[k]! : 1;
          a += amount * floats[row]!;
          b += amount * floats[row + 1]!;
          c += amount * floats[row + 2]!;
          d += amount * floats[row + 3]!;
        }
        const p = wide + 5 * i;
        doubles[p] = a;
        doubles[p + 1] = b;
        doubles[p + 10] = c;
        doubles[p + 11] = d;
        const q = narrow + 5 * i;
        floats[q] = a;
        floats[q + 1] = b;
        floats[q + 2] = c;
        floats[q + 3] = d;
        squares += a * a + b * b + c * c + d * d;
      }
      return squares;
    };

  /** One function for each precision, because one for both would not be compiled as well. */
  const double: RowKernel['double'] = (from, end, columns, dim, factors, out, stride) => {
    for (let at = from >> 2, to = out >> 3; at < end >> 2; at++, to += stride >> 3) {
      const row = integers[at]! >> 2;
      let a = 0;
      let b = 0;
      let c = 0;
      let d = 0;
      let e = 0;
      for (let i = 0, p = columns >> 3; i < dim; i += 2, p += 10) {
        const x = floats[row + i]!;
        const y = floats[row + i + 1]!;
        a += x * doubles[p]! + y * doubles[p + 1]!;
        b += x * doubles[p + 2]! + y * doubles[p + 3]!;
        c += x * doubles[p + 4]! + y * doubles[p + 5]!;
        d += x * doubles[p + 6]! + y * doubles[p + 7]!;
        e += x * doubles[p + 8]! + y * doubles[p + 9]!;
      }
      const f = factors >> 3;
      doubles[to] = a * doubles[f]!;
      doubles[to + 1] = b * doubles[f + 1]!;
      doubles[to + 2] = c * doubles[f + 2]!;
      doubles[to + 3] = d * doubles[f + 3]!;
      doubles[to + 4] = e * doubles[f + 4]!;
    }
    return 0;
  };

  const single: RowKernel['single'] = (from, end, columns, dim, factors, out, stride) => {
    for (let at = from >> 2, to = out >> 3; at < end >> 2; at++, to += stride >> 3) {
      const row = integers[at]! >> 2;
      let a = 0;
      let b = 0;
      let c = 0;
      let d = 0;
      let e = 0;
      for (let i = 0, p = columns >> 2; i < dim; i += 4, p += 20) {
        const x = floats[row + i]!;
        const y = floats[row + i + 1]!;
        const z = floats[row + i + 2]!;
        const w = floats[row + i + 3]!;
        a += x * floats[p]! + y * floats[p + 1]! + z * floats[p + 2]! + w * floats[p + 3]!;
        b += x * floats[p + 4]! + y * floats[p + 5]! + z * floats[p + 6]! + w * floats[p + 7]!;
        c += x * floats[p + 8]! + y * floats[p + 9]! + z * floats[p + 10]! + w * floats[p + 11]!;
        d += x * floats[p + 12]! + y * floats[p + 13]! + z * floats[p + 14]! + w * floats[p + 15]!;
        e += x * floats[p + 16]! + y * floats[p + 17]! + z * floats[p + 18]! + w * floats[p + 19]!;
      }
      const f = factors >> 3;
      doubles[to] = a * doubles[f]!;
      doubles[to + 1] = b * doubles[f + 1]!;
      doubles[to + 2] = c * doubles[f + 2]!;
      doubles[to + 3] = d * doubles[f + 3]!;
      doubles[to + 4] = e * doubles[f + 4]!;
    }
    return 0;
  };

  return { memory, combine: combined(true), sum: combined(false), single, double };
}
