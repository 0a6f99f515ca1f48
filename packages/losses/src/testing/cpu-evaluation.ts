import { type Scalar, type Tensor1D, type Tensor2D, tf } from '@clce/engine';
import type { Matrix } from '../reference/matrix.ts';

/** Test support: a loss and its gradient on TensorFlow.js' plain `cpu` back end, the slow oracle of engines. */
export async function evaluateOnCpu(
  loss: (inputs: Tensor2D[], labels: Tensor1D) => Scalar,
  inputs: readonly Matrix[],
  labels: readonly number[],
): Promise<{ value: number; gradients: number[][][] }> {
  await tf.setBackend('cpu');
  return tf.tidy(() => {
    const y = tf.tensor1d([...labels], 'int32');
    const x = inputs.map((matrix) => tf.tensor2d(matrix.map((row) => [...row])));
    const { value, grads } = tf.valueAndGrads((...tensors) => loss(tensors as Tensor2D[], y))(x);
    return {
      value: value.dataSync()[0]!,
      gradients: grads.map((gradient) => (gradient as Tensor2D).arraySync()),
    };
  });
}
