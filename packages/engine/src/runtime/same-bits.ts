import type { InferenceSession } from 'onnxruntime-node';

/**
 * What keeps ONNX Runtime's results on the CPU the same with AVX2 and with AVX-512. Beyond the level `extended`, convolutions go
 * in blocks of as many channels as a vector has elements, and are summed block by block. QuickGelu, into which x · sigmoid(x) would be
 * fused, has a loop for AVX-512 alone.
 */
export const sameBits: InferenceSession.SessionOptions = {
  graphOptimizationLevel: 'extended',
  extra: { optimization: { disable_specified_optimizers: 'QuickGeluFusion' } },
};
