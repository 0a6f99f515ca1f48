import * as ort from 'onnxruntime-node';
import type { ElementType, HostTensor } from '../host-tensor.ts';

/** A host tensor as ONNX Runtime reads it; the values are shared. */
export function ortTensor({ dtype, data, shape }: HostTensor): ort.Tensor {
  return new ort.Tensor(dtype as 'float32', data as Float32Array, [...shape]);
}

/** The other way round; the values are shared. */
export function hostTensor({ type, data, dims }: ort.Tensor): HostTensor {
  return { dtype: type as ElementType, data, shape: dims } as HostTensor;
}
