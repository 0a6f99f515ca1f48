/**
 * Reads and replaces parts of a matrix, and log-softmax. ONNX Runtime touches only these parts; a product with a mask
 * would pass over the whole matrix. TensorFlow.js does not differentiate through these functions.
 */
import { type Tensor, type Tensor1D, type Tensor2D, tf } from '../tf.ts';
import { runOwnKernel } from './own-kernel.ts';

/** The elements x[i, columns[i]], shape [rows, 1]. `x` is [rows, n]; `columns` is int32 [rows] with values in [0, n). */
export function elementsAt(x: Tensor2D, columns: Tensor1D): Tensor2D {
  const [own] = runOwnKernel('ElementsAt', { x, columns }) ?? [];
  if (own !== undefined) return own as Tensor2D;
  return tf.tidy(() => tf.sum(tf.where(placesOf(x, columns), x, tf.zerosLike(x)), 1, true));
}

/** `x` with x[i, columns[i]] replaced by `values`, [rows, 1]. */
export function withElementsAt(x: Tensor2D, columns: Tensor1D, values: Tensor2D): Tensor2D {
  const [own] = runOwnKernel('WithElementsAt', { x, columns, values }) ?? [];
  if (own !== undefined) return own as Tensor2D;
  return tf.tidy(() => tf.where(placesOf(x, columns), tf.broadcastTo(values, x.shape), x));
}

/** `x` with its rows from `start` on replaced by `rows`. */
export function withRowsFrom(x: Tensor2D, start: number, rows: Tensor2D): Tensor2D {
  const [own] = runOwnKernel('WithRowsFrom', { x, rows }, { start }) ?? [];
  if (own !== undefined) return own as Tensor2D;
  const end = start + rows.shape[0];
  return tf.tidy(() => tf.concat([tf.slice(x, 0, start), rows, tf.slice(x, end)], 0));
}

/** Log-softmax of each row. `x` and the result are [rows, n]. */
export function logSoftmax(x: Tensor2D): Tensor2D {
  const [own] = runOwnKernel('LogSoftmax', { logits: x }, { axis: 1 }) ?? [];
  return (own ?? tf.logSoftmax(x)) as Tensor2D;
}

function placesOf({ shape: [rows, n] }: Tensor2D, columns: Tensor1D): Tensor {
  return tf.equal(tf.reshape(columns, [rows, 1]), tf.reshape(tf.range(0, n, 1, 'int32'), [1, n]));
}
