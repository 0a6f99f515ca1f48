import { type Scalar, type Tensor, type Tensor2D, tf } from '@clce/engine';

/**
 * Scalars with a hand-written gradient for TensorFlow.js' tape.
 *
 * A loss is a scalar, so the forward pass can compute its gradient, and the backward pass only multiplies it by the upstream
 * gradient. No intermediate tensor is kept: a pairwise loss keeps one [n, d] matrix instead of a dozen [n, n] matrices.
 */
export interface ValueAndGradient {
  readonly value: Scalar;
  /** d value / d x without the factor `scale`, in the shape of x. */
  readonly gradient: Tensor2D;
  /** Factor of the gradient. It is multiplied by the upstream gradient first, so the matrix is multiplied only once. */
  readonly scale: Scalar;
}

/** The value of `evaluate(x)`, with the gradient that `evaluate` returns. */
export function scalarWithGradient(x: Tensor2D, evaluate: (x: Tensor2D) => ValueAndGradient): Scalar {
  const loss = tf.customGrad<Scalar>((input, save) => {
    const { value, gradient, scale } = evaluate(input as Tensor2D);
    (save as (tensors: Tensor[]) => void)([gradient, scale]);
    return { value, gradFunc: (upstream, [saved, factor]) => tf.mul(tf.mul(upstream, factor!), saved!) };
  });
  return loss(x);
}

/**
 * `loss`, with a gradient of zero for `unused`.
 *
 * TensorFlow.js refuses to differentiate with respect to a tensor that the loss does not depend on. A blend with a weight of zero
 * still needs a gradient for the input of the unused term.
 */
export function withZeroGradientFor(unused: Tensor2D, loss: Scalar): Scalar {
  const attached = tf.customGrad<Scalar>((value) => ({
    value: tf.clone(value as Scalar),
    gradFunc: (upstream) => [upstream, tf.zeros(unused.shape)],
  }));
  return attached(loss, unused);
}
