/**
 * Batch normalisation over the last axis (Ioffe & Szegedy 2015, arXiv 1502.03167), in its two modes.
 *
 * Training normalises with the batch's own mean and biased variance. Its gradient is written by hand: differentiating
 * through the moments costs several more passes over the activations. Evaluation uses the running statistics.
 */
import { type Tensor, type Tensor1D, tf } from '../tf.ts';

export interface BatchNormParameters {
  /** Scale γ and shift β, shape [channels]. */
  readonly gamma: Tensor1D;
  readonly beta: Tensor1D;
  readonly epsilon: number;
}

export interface BatchStatistics {
  /** Shape [channels]. */
  readonly mean: Tensor1D;
  readonly variance: Tensor1D;
}

/** Normalises with the running statistics. `x` is [..., channels]. */
export function batchNormEvaluation<T extends Tensor>(
  x: T,
  { gamma, beta, epsilon }: BatchNormParameters,
  { mean, variance }: BatchStatistics,
): T {
  const scale = tf.mul(gamma, tf.rsqrt(tf.add(variance, epsilon)));
  return tf.add(tf.mul(x, scale), tf.sub(beta, tf.mul(mean, scale)));
}

/** Mean and biased variance of a batch over all axes but the last. */
function batchStatistics(x: Tensor): BatchStatistics {
  const axes = leadingAxes(x);
  const mean = tf.mean<Tensor1D>(x, axes);
  return { mean, variance: tf.mean<Tensor1D>(tf.square(tf.sub(x, mean)), axes) };
}

/** Normalises with the batch's own statistics, and differentiates through them. `x` is [..., channels]. */
export function batchNormTraining<T extends Tensor>(x: T, { gamma, beta, epsilon }: BatchNormParameters): T {
  const normalise = tf.customGrad((...args) => {
    const [input, scale, shift, save] = args as unknown as [
      T,
      Tensor1D,
      Tensor1D,
      (tensors: Tensor[]) => void,
    ];
    const { mean, variance } = batchStatistics(input);
    const inverseDeviation = tf.rsqrt(tf.add(variance, epsilon));
    const centred = tf.sub<T>(input, mean);
    save([centred, inverseDeviation, scale]);

    const gradFunc = (dy: T, saved: Tensor[]) => {
      const [fromMean, inverse, g] = saved as [T, Tensor1D, Tensor1D];
      const axes = leadingAxes(dy);
      const count = dy.size / g.size;
      const dBeta = tf.sum<Tensor1D>(dy, axes);
      const dGamma = tf.mul<Tensor1D>(tf.sum(tf.mul(dy, fromMean), axes), inverse);
      // dx = γ/σ · (dy - mean(dy) - x̂ · mean(dy · x̂)), with the factors of x̂ = (x - mean)/σ gathered by channel.
      const factor = tf.mul(g, inverse);
      const slope = tf.mul(factor, tf.mul(inverse, tf.div(dGamma, count)));
      const offset = tf.mul(factor, tf.div(dBeta, count));
      const dx = tf.sub(tf.mul(dy, factor), tf.add(tf.mul(fromMean, slope), offset));
      return [dx, dGamma, dBeta];
    };
    const value = tf.add<T>(tf.mul(centred, tf.mul(scale, inverseDeviation)), shift);
    return { value, gradFunc: gradFunc as never };
  });
  return normalise(x, gamma, beta) as T;
}

/**
 * Running statistics after one more batch, as in PyTorch: r ← (1 - momentum) · r + momentum · batch, with the unbiased
 * variance.
 */
export function updatedStatistics(running: BatchStatistics, x: Tensor, momentum: number): BatchStatistics {
  const { mean, variance } = batchStatistics(x);
  const count = x.size / mean.size;
  const blend = (old: Tensor1D, fresh: Tensor1D) =>
    tf.add<Tensor1D>(tf.mul(old, 1 - momentum), tf.mul(fresh, momentum));
  return {
    mean: blend(running.mean, mean),
    variance: blend(running.variance, tf.mul(variance, count / Math.max(1, count - 1))),
  };
}

function leadingAxes({ rank }: Tensor): number[] {
  return Array.from({ length: rank - 1 }, (_, axis) => axis);
}
