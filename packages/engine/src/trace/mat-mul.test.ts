import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { float32, type HostTensor, specsOf } from '../host-tensor.ts';
import { onnxEngine } from '../runtime/onnx-engine.ts';
import type { Step } from '../step.ts';
import { type Tensor2D, tf } from '../tf.ts';

interface Product {
  readonly rows: number;
  readonly columns: number;
  readonly summed: number;
  readonly batch: number;
}

/** Products that ONNX Runtime, given them as they stand, sums otherwise with some number of these threads. */
const PRODUCTS: readonly Product[] = [
  { rows: 64, columns: 128, summed: 512, batch: 1 },
  { rows: 2, columns: 1000, summed: 2048, batch: 1 },
  { rows: 96, columns: 256, summed: 576, batch: 1 },
  { rows: 48, columns: 192, summed: 129, batch: 1 },
  { rows: 32, columns: 96, summed: 192, batch: 1 },
  { rows: 16, columns: 160, summed: 576, batch: 3 },
  { rows: 5, columns: 48, summed: 4096, batch: 2 },
  { rows: 4097, columns: 1, summed: 576, batch: 1 },
  { rows: 96, columns: 1, summed: 4096, batch: 1 },
];
const THREADS = [2, 3, 5, 8, 16];

describe.each(PRODUCTS)('a product of $rows × $columns sums of $summed', (product) => {
  it('has the same bits with any number of threads', async () => {
    const reference = (await products(1, product)).map(hashOf);
    for (const threads of THREADS) expect((await products(threads, product)).map(hashOf)).toEqual(reference);
  });

  it('holds the sums', async () => {
    const { rows, columns, summed } = product;
    const [a, b] = factors(product);
    const result = (await products(2, product))[0]!;
    for (let at = 0; at < result.length; at += 97) {
      const [matrix, row, column] = [
        Math.floor(at / (rows * columns)),
        Math.floor(at / columns) % rows,
        at % columns,
      ];
      let sum = 0;
      for (let k = 0; k < summed; k++) {
        sum += a[(matrix * rows + row) * summed + k]! * b[(matrix * summed + k) * columns + column]!;
      }
      expect(Math.abs(result[at]! - sum)).toBeLessThan(1e-4);
    }
  });
});

/** a · b, with the factors as they are and with either of them, or both, laid out transposed. */
async function products(threads: number, product: Product): Promise<Float32Array[]> {
  const { rows, columns, summed, batch } = product;
  const [a, b] = factors(product);
  const inputs: Record<string, HostTensor> = {
    a: float32([batch, rows, summed], a),
    b: float32([batch, summed, columns], b),
    aTransposed: float32([batch, summed, rows], transposed(a, rows, summed)),
    bTransposed: float32([batch, columns, summed], transposed(b, summed, columns)),
  };
  const step: Step = ({ inputs: given }) => {
    const { a, b, aTransposed, bTransposed } = given as Record<string, Tensor2D>;
    return {
      state: {},
      outputs: {
        plain: tf.matMul(a!, b!),
        left: tf.matMul(aTransposed!, b!, true),
        right: tf.matMul(a!, bTransposed!, false, true),
        both: tf.matMul(aTransposed!, bTransposed!, true, true),
      },
    };
  };
  const engine = onnxEngine({ threads });
  const compiled = await engine.compile(step, { state: {}, inputs: specsOf(inputs) });
  const state = engine.createState({});
  const outputs = await compiled.run(state, inputs);
  state.dispose();
  await compiled.dispose();
  return ['plain', 'left', 'right', 'both'].map((name) => (outputs[name]!.data as Float32Array).slice());
}

/** Hashes, because Vitest takes minutes to compare long arrays. */
function hashOf(values: Float32Array): string {
  return createHash('sha256').update(values).digest('hex');
}

function factors({ rows, columns, summed, batch }: Product): [a: Float32Array, b: Float32Array] {
  return [wave(batch * rows * summed, 1.7), wave(batch * summed * columns, 0.3)];
}

function wave(length: number, step: number): Float32Array {
  return Float32Array.from({ length }, (_, k) => Math.sin(k * step) / 4);
}

/** Of each matrix, row by row. */
function transposed(matrices: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(matrices.length);
  for (let at = 0; at < result.length; at++) {
    const [matrix, row, column] = [
      Math.floor(at / (rows * columns)),
      Math.floor(at / columns) % rows,
      at % columns,
    ];
    result[(matrix * columns + column) * rows + row] = matrices[at]!;
  }
  return result;
}
