/** Gaussian error linear unit (Hendrycks & Gimpel 2016, arXiv 1606.08415), exact and in its tanh form. */
import { type Tensor, tf } from '../tf.ts';

/**
 * x · Φ(x), Φ the standard normal distribution: PyTorch's and timm's `gelu`.
 *
 * With u = x/√2 and t = 1 + erf(u): the value is u t · √½, the gradient ½ (t + u · exp(ln(2/√π) - u²)). Both end with a
 * multiplication by a number, which the matrix product that follows does for nothing.
 */
export function gelu<T extends Tensor>(x: T): T {
  const apply = tf.customGrad((...args) => {
    const [input, save] = args as unknown as [T, (tensors: Tensor[]) => void];
    const u = tf.mul(input, Math.SQRT1_2);
    const t = tf.add(tf.erf(u), 1);
    save([u, t]);
    const gradFunc = (dy: T, saved: Tensor[]) => {
      const [at, twiceCdf] = saved as [T, T];
      const density = tf.exp(tf.sub(LOG_TWO_OVER_ROOT_PI, tf.square(at)));
      return tf.mul(tf.mul(dy, tf.add(twiceCdf, tf.mul(at, density))), 0.5);
    };
    return { value: tf.mul(tf.mul(u, t), Math.SQRT1_2), gradFunc: gradFunc as never };
  });
  return apply(x) as T;
}

const LOG_TWO_OVER_ROOT_PI = Math.log(2 / Math.sqrt(Math.PI));

/** 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))): the approximation of the paper's section 2. */
export function geluTanh<T extends Tensor>(x: T): T {
  const inner = tf.mul(tf.add(x, tf.mul(tf.mul(tf.square(x), x), 0.044715)), Math.sqrt(2 / Math.PI));
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1));
}
