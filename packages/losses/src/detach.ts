import { type Tensor, tf } from '@clce/engine';

/** `x`, as a constant for the gradient. */
export function detach<T extends Tensor>(x: T): T {
  const detached = tf.customGrad<T>((value) => ({
    value: tf.clone(value as T),
    gradFunc: () => tf.zerosLike(x),
  }));
  return detached(x);
}
