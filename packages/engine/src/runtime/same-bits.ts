import type { InferenceSession } from 'onnxruntime-node';

/**
 * Keeps ONNX Runtime's results on the CPU the same with AVX2 and with AVX-512, and with any number of threads. Beyond the level
 * `extended`, convolutions go in blocks of as many channels as a vector has elements, and are summed block by block. QuickGelu, into
 * which x · sigmoid(x) would be fused, has a loop for AVX-512 alone. GemmTransposeFusion would turn a product that is transposed
 * for its order of summation (mat-mul.ts) back.
 */
export const sameBits: InferenceSession.SessionOptions = {
  graphOptimizationLevel: 'extended',
  extra: { optimization: { disable_specified_optimizers: 'QuickGeluFusion;GemmTransposeFusion' } },
};
