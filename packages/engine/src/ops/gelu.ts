/** Gaussian error linear unit (Hendrycks & Gimpel 2016, arXiv 1606.08415), exact and in its tanh form. */
import { type Tensor, tf } from '../tf.ts';

/** x · Φ(x), Φ the standard normal distribution: PyTorch's and timm's `gelu`. The gradient reuses Φ(x). */
export function gelu<T extends Tensor>(x: T): T {
  const apply = tf.customGrad((...args) => {
    const [input, save] = args as unknown as [T, (tensors: Tensor[]) => void];
    const cdf = tf.add(tf.mul(tf.erf(tf.mul(input, Math.SQRT1_2)), 0.5), 0.5);
    save([input, cdf]);
    const gradFunc = (dy: T, saved: Tensor[]) => {
      const [at, phi] = saved as [T, T];
      const density = tf.mul(tf.exp(tf.mul(tf.square(at), -0.5)), 1 / Math.sqrt(2 * Math.PI));
      return tf.mul(dy, tf.add(phi, tf.mul(at, density)));
    };
    return { value: tf.mul(input, cdf), gradFunc: gradFunc as never };
  });
  return apply(x) as T;
}

/** 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))): the approximation of the paper's section 2. */
export function geluTanh<T extends Tensor>(x: T): T {
  const inner = tf.mul(tf.add(x, tf.mul(tf.mul(tf.square(x), x), 0.044715)), Math.sqrt(2 / Math.PI));
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1));
}
