import { type Scalar, type Tensor, type Tensor2D, tf } from '@clce/engine';

/**
 * Scalars that bring their own gradient to TensorFlow.js' tape.
 *
 * A loss is a scalar, so its gradient can be finished in the forward pass and scaled by the upstream
 * gradient afterwards.  Nothing of the intermediate steps has to be kept for backward: for the pairwise losses
 * that is the difference between one [n, d] matrix and a dozen of [n, n].
 */
export interface ValueAndGradient {
  readonly value: Scalar;
  /** d value / d x, of the shape of x, before it is multiplied by `scale`. */
  readonly gradient: Tensor2D;
  /** Meets the upstream gradient first: the matrix is multiplied once. */
  readonly scale: Scalar;
}

/** The value of `evaluate(x)`; its gradient with respect to `x` is the one that `evaluate` returns. */
export function scalarWithGradient(x: Tensor2D, evaluate: (x: Tensor2D) => ValueAndGradient): Scalar {
  const loss = tf.customGrad<Scalar>((input, save) => {
    const { value, gradient, scale } = evaluate(input as Tensor2D);
    (save as (tensors: Tensor[]) => void)([gradient, scale]);
    return { value, gradFunc: (upstream, [saved, factor]) => tf.mul(tf.mul(upstream, factor!), saved!) };
  });
  return loss(x);
}

/**
 * `loss` itself, with a gradient of zero for `unused`.
 *
 * TensorFlow.js refuses to differentiate with respect to a tensor on which the loss does not depend; a blend
 * whose weight for one part is zero still has to have a gradient for that part's input.
 */
export function withZeroGradientFor(unused: Tensor2D, loss: Scalar): Scalar {
  const attached = tf.customGrad<Scalar>((value) => ({
    value: tf.clone(value as Scalar),
    gradFunc: (upstream) => [upstream, tf.zeros(unused.shape)],
  }));
  return attached(loss, unused);
}
