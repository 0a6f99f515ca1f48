/**
 * The one place that imports TensorFlow.js.
 *
 * `@tensorflow/tfjs-core` alone does not do: its Node bundle registers no gradients, and the files that register
 * them are ES modules with extensionless imports inside a CommonJS package, which Node cannot load. The umbrella
 * package's Node bundle contains them.
 */
import tfjs, { type Rank as AnyRank, type Scalar as AnyScalar } from '@tensorflow/tfjs';
import { notingCalls } from './op-calls.ts';

export const tf = notingCalls(tfjs);

/** Types of the library by their full names; a constant alone has none. */
export declare namespace tf {
  namespace Rank {
    type R2 = AnyRank.R2;
  }
  type Scalar = AnyScalar;
}

// Production mode turns off the start-up banner and the per-op shape assertions of debug mode.
tf.enableProdMode();
// A back end is always chosen, so that tracing can put back the one that was there.
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
