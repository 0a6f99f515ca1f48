/**
 * One element of each row, as a classifier's label picks it, and log-softmax over rows: ONNX Runtime reads and writes
 * single elements where TensorFlow.js's one-hot product walks over the whole matrix. None of them is differentiated.
 */
import { type Tensor, type Tensor1D, type Tensor2D, tf } from '../tf.ts';
import { runOwnKernel } from './own-kernel.ts';

/** x[i, columns[i]], [rows, 1]: `x` is [rows, n], `columns` int32 [rows], each in [0, n). */
export function elementsAt(x: Tensor2D, columns: Tensor1D): Tensor2D {
  const [own] = runOwnKernel('ElementsAt', { x, columns }) ?? [];
  return (own ?? tf.sum(tf.where(placesOf(x, columns), x, tf.zerosLike(x)), 1, true)) as Tensor2D;
}

/** `x` with x[i, columns[i]] replaced by `values`, [rows, 1]. */
export function withElementsAt(x: Tensor2D, columns: Tensor1D, values: Tensor2D): Tensor2D {
  const [own] = runOwnKernel('WithElementsAt', { x, columns, values }) ?? [];
  return (own ?? tf.where(placesOf(x, columns), tf.broadcastTo(values, x.shape), x)) as Tensor2D;
}

/** log softmax of each row, [rows, n]. */
export function logSoftmax(x: Tensor2D): Tensor2D {
  const [own] = runOwnKernel('LogSoftmax', { logits: x }, { axis: 1 }) ?? [];
  return (own ?? tf.logSoftmax(x)) as Tensor2D;
}

function placesOf({ shape: [rows, n] }: Tensor2D, columns: Tensor1D): Tensor {
  return tf.equal(tf.reshape(columns, [rows, 1]), tf.reshape(tf.range(0, n, 1, 'int32'), [1, n]));
}
