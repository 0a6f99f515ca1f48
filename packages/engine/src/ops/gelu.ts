/** Gaussian error linear unit (Hendrycks & Gimpel 2016, arXiv 1606.08415), in its exact form. */
import { type Tensor, tf } from '../tf.ts';

/**
 * x · Φ(x), Φ the standard normal distribution: PyTorch's and timm's `gelu`.
 *
 * The gradient is ½ (t + u · exp(ln(2/√π) - u²)) with u = x/√2 and t = 1 + erf(u). Only x is kept for it: computing t
 * again costs less than writing t and u to memory beyond the cache. ONNX Runtime fuses this form of the value into one
 * operator. The value divides where the gradient multiplies, so that the two share no node and the graph keeps none.
 */
export function gelu<T extends Tensor>(x: T): T {
  const apply = tf.customGrad((...args) => {
    const [input, save] = args as unknown as [T, (tensors: Tensor[]) => void];
    save([input]);
    const gradFunc = (dy: T, saved: Tensor[]) => {
      const u = tf.mul(saved[0] as T, Math.SQRT1_2);
      const twiceCdf = tf.add(tf.erf(u), 1);
      const density = tf.exp(tf.sub(LOG_TWO_OVER_ROOT_PI, tf.square(u)));
      return tf.mul(tf.mul(dy, tf.add(twiceCdf, tf.mul(u, density))), 0.5);
    };
    const value = tf.mul(tf.mul(input, 0.5), tf.add(tf.erf(tf.div(input, Math.SQRT2)), 1));
    return { value, gradFunc: gradFunc as never };
  });
  return apply(x) as T;
}

const LOG_TWO_OVER_ROOT_PI = Math.log(2 / Math.sqrt(Math.PI));
