import type { InferenceSession } from 'onnxruntime-node';

/**
 * Keeps ONNX Runtime's results on the CPU the same with AVX2 and AVX-512, and with any number of threads.
 *
 * Beyond the level `extended`, a convolution runs in blocks of as many channels as a vector has elements, and sums block
 * by block. QuickGeluFusion fuses x · sigmoid(x) into QuickGelu, which has a loop for AVX-512 alone. GemmTransposeFusion
 * would undo the transposes that fix the order of summation of a product (mat-mul.ts).
 */
export const sameBits: InferenceSession.SessionOptions = {
  graphOptimizationLevel: 'extended',
  extra: { optimization: { disable_specified_optimizers: 'QuickGeluFusion;GemmTransposeFusion' } },
};
