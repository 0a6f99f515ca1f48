import { type Tensor, tf } from '@clce/engine';

/**
 * Logarithms of the pairwise losses, to full relative precision.
 *
 * LACLN and HCL use softplus(x) with x = log(negatives) - log(positives). A well separated batch has x near -17, where
 * log(1 + eˣ) in float32 is exactly zero. ONNX has no log1p, so it is written out here.
 */

/** log(1 + eˣ), to float32's relative precision for every finite x. */
export function softplus(x: Tensor): Tensor {
  return tf.add(tf.maximum(x, 0), log1p(tf.exp(tf.neg(tf.abs(x)))));
}

/** 1 / (1 + e⁻ˣ) from softplus(x), to full relative precision for small values too. */
export function sigmoid(x: Tensor, softplusOfX: Tensor): Tensor {
  return tf.exp(tf.sub(x, softplusOfX));
}

/** log of a sum where `present` is 1; 0 where `present` is 0 and the sum is empty. */
export function logWhere(present: Tensor, sum: Tensor): Tensor {
  return tf.log(tf.add(sum, tf.sub(1, present)));
}

/** `x` where `present` is 1; elsewhere a finite number that stands for log 0, because its exponential is zero in float32. */
export function orLogOfZero(present: Tensor, x: Tensor): Tensor {
  return tf.add(tf.mul(x, present), tf.mul(tf.sub(present, 1), 1e4));
}

/**
 * log(1 + t) for t in [0, 1] as t · log(u) / (u - 1) with u = 1 + t rounded. The errors of log(u) and u - 1
 * cancel (Goldberg 1991, theorem 4).  Where u is 1 the quotient is replaced by 1.
 */
function log1p(t: Tensor): Tensor {
  const u = tf.add(t, 1);
  const vanished = tf.cast(tf.equal(u, 1), 'float32');
  return tf.mul(t, tf.div(tf.add(tf.log(u), vanished), tf.add(tf.sub(u, 1), vanished)));
}
