/**
 * The one place that imports TensorFlow.js.
 *
 * `@tensorflow/tfjs-core` alone is not enough: its Node bundle registers no gradients. The files that register them are
 * ES modules with extensionless imports inside a CommonJS package, and Node cannot load those. The Node bundle of
 * `@tensorflow/tfjs` contains the gradients.
 */
import tfjs, { type Rank as AnyRank, type Scalar as AnyScalar } from '@tensorflow/tfjs';
import { notingCalls } from './op-calls.ts';

export const tf = notingCalls(tfjs);

/** The library's types under the name `tf`; the constant `tf` alone exports no types. */
export declare namespace tf {
  namespace Rank {
    type R2 = AnyRank.R2;
  }
  type Scalar = AnyScalar;
}

// Production mode turns off the start-up banner and the per-op shape assertions of debug mode.
tf.enableProdMode();
// Choose a back end now, so that tracing always has a previous one to restore.
void tf.setBackend('cpu');

export type {
  DataType,
  NamedTensorMap,
  Rank,
  Scalar,
  Tensor,
  Tensor1D,
  Tensor2D,
  Tensor3D,
  Tensor4D,
  TensorLike,
} from '@tensorflow/tfjs';
