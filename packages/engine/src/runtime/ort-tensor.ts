import * as ort from 'onnxruntime-node';
import type { ElementType, HostTensor } from '../host-tensor.ts';

/** A host tensor as an ONNX Runtime tensor. Both share the values. */
export function ortTensor({ dtype, data, shape }: HostTensor): ort.Tensor {
  return new ort.Tensor(dtype as 'float32', data as Float32Array, [...shape]);
}

/** An ONNX Runtime tensor as a host tensor. Both share the values. */
export function hostTensor({ type, data, dims }: ort.Tensor): HostTensor {
  return { dtype: type as ElementType, data, shape: dims } as HostTensor;
}
