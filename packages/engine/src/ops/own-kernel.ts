import { type Tensor, tf } from '../tf.ts';

/**
 * Runs one of this project's own kernels (in trace/kernels) where the present back end has it.
 *
 * TensorFlow.js knows no layer norm with its statistics; ONNX Runtime does it in one pass. The tracing back end has a
 * kernel for it under a name that no other back end knows, so that the others compute it from ordinary ops.
 */
export function runOwnKernel(
  name: string,
  inputs: Readonly<Record<string, Tensor>>,
  attributes: Readonly<Record<string, number>> = {},
): Tensor[] | undefined {
  if (tf.getKernel(name, tf.getBackend()) === undefined) return undefined;
  return [tf.engine().runKernel(name, { ...inputs }, { ...attributes })].flat();
}
