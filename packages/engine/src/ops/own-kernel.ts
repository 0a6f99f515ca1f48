import { type Tensor, tf } from '../tf.ts';

/**
 * Runs one of this project's own kernels (in trace/kernels), or returns undefined where the present back end lacks it.
 *
 * TensorFlow.js has no op for a layer norm with its statistics; ONNX Runtime computes it in one pass. Only the tracing
 * back end registers such a kernel. On other back ends the caller composes ordinary ops.
 */
export function runOwnKernel(
  name: string,
  inputs: Readonly<Record<string, Tensor>>,
  attributes: Readonly<Record<string, number>> = {},
): Tensor[] | undefined {
  if (tf.getKernel(name, tf.getBackend()) === undefined) return undefined;
  return [tf.engine().runKernel(name, { ...inputs }, { ...attributes })].flat();
}
