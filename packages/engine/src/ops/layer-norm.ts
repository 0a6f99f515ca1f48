/**
 * Layer normalisation over the last axis (Ba et al. 2016, arXiv 1607.06450), with a gradient written by hand.
 *
 * Differentiating through the moments would take about twice as many passes over the activations.
 */
import { type Tensor, type Tensor1D, tf } from '../tf.ts';
import { runOwnKernel } from './own-kernel.ts';

export interface LayerNormParameters {
  /** Scale γ and shift β, shape [features]. */
  readonly gamma: Tensor1D;
  readonly beta: Tensor1D;
  readonly epsilon: number;
}

/** γ · (x - mean) / √(variance + ε) + β, with the mean and biased variance of each row. `x` is [..., features]. */
export function layerNorm<T extends Tensor>(x: T, { gamma, beta, epsilon }: LayerNormParameters): T {
  const normalise = tf.customGrad((...args) => {
    const [input, scale, shift, save] = args as unknown as [
      T,
      Tensor1D,
      Tensor1D,
      (tensors: Tensor[]) => void,
    ];
    const { value, mean, inverseDeviation } = forward(input, scale, shift, epsilon);
    save([input, mean, inverseDeviation, scale]);
    const gradFunc = (dy: T, saved: Tensor[]) => gradients(dy, saved as Saved);
    return { value, gradFunc: gradFunc as never };
  });
  return normalise(x, gamma, beta) as T;
}

interface Forward {
  readonly value: Tensor;
  /** [..., 1]. */
  readonly mean: Tensor;
  readonly inverseDeviation: Tensor;
}

function forward(x: Tensor, gamma: Tensor1D, beta: Tensor1D, epsilon: number): Forward {
  const own = runOwnKernel('LayerNorm', { x, gamma, beta }, { epsilon });
  if (own !== undefined) {
    const [value, mean, inverseDeviation] = own as [Tensor, Tensor, Tensor];
    return { value, mean, inverseDeviation };
  }
  const mean = tf.mean(x, -1, true);
  const centred = tf.sub(x, mean);
  const inverseDeviation = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon));
  const value = tf.add(tf.mul(tf.mul(centred, inverseDeviation), gamma), beta);
  return { value, mean, inverseDeviation };
}

type Saved = [x: Tensor, mean: Tensor, inverseDeviation: Tensor, gamma: Tensor1D];

/**
 * With x̂ = (x - mean)/σ over d features:
 * dγ = Σ dy · x̂,  dβ = Σ dy,  dx = (γ dy - mean(γ dy) - x̂ · mean(γ dy · x̂)) / σ.
 * The two means over features are matrix products with γ/d. They read dy and dy · x̂ once more and write no large tensor.
 */
function gradients(dy: Tensor, [x, mean, inverseDeviation, gamma]: Saved): [Tensor, Tensor, Tensor] {
  const features = gamma.size;
  const rows = dy.size / features;
  const asRows = (tensor: Tensor) => tf.reshape(tensor, [rows, -1]);
  const flat = asRows(dy);
  const inverse = asRows(inverseDeviation);
  const normal = tf.mul(tf.sub(asRows(x), asRows(mean)), inverse);
  const product = tf.mul(flat, normal);

  const share = tf.reshape(tf.div(gamma, features), [features, 1]);
  const meanGradient = tf.mul(tf.matMul(flat as never, share as never), inverse);
  const meanProduct = tf.mul(tf.matMul(product as never, share as never), inverse);
  const dx = tf.sub(tf.sub(tf.mul(tf.mul(flat, gamma), inverse), meanGradient), tf.mul(normal, meanProduct));
  return [tf.reshape(dx, dy.shape), tf.sum(product, 0), tf.sum(flat, 0)];
}
