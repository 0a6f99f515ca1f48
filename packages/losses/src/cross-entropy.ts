import { type Scalar, type Tensor1D, type Tensor2D, tf } from '@clce/engine';
import type { LabelledBatch } from './blend.ts';
import { scalarWithGradient, type ValueAndGradient } from './own-gradient.ts';
import * as parameters from './parameters.ts';
import { requireLabelledRows } from './shapes.ts';

/**
 * Softmax cross-entropy with label smoothing (Szegedy et al. 2016), the first term of CLCE.
 *
 * ℓ_i = -Σ_c q_ic log softmax(logits_i)_c with q = (1 - ε) one-hot + ε / classes; the loss is the mean over the
 * batch, its gradient (softmax - q) / n.
 */
export interface CrossEntropyOptions {
  /** ε in [0, 1); default 0. */
  readonly labelSmoothing?: number;
}

/**
 * Mean cross-entropy of `logits` [n, classes] against `labels` int32 [n], each in [0, classes).
 *
 * A label outside that range has no target of its own; it cannot be seen before the graph runs, so the
 * caller must rule it out.
 *
 * @throws LossError on a label smoothing outside [0, 1) or shapes that do not fit.
 */
export function crossEntropy(logits: Tensor2D, labels: Tensor1D, options: CrossEntropyOptions = {}): Scalar {
  const smoothing = parameters.labelSmoothing.check(
    options.labelSmoothing ?? parameters.labelSmoothing.default,
  );
  requireLabelledRows('logits', logits, labels);
  return scalarWithGradient(logits, (x) => valueAndGradient(x, labels, smoothing));
}

/** Cross-entropy of a batch, against both labels of mixed images by their shares. */
export function crossEntropyOf(batch: LabelledBatch, options: CrossEntropyOptions): Scalar {
  const { logits, labels, minority } = batch;
  const ofMajority = crossEntropy(logits, labels, options);
  if (minority === undefined) return ofMajority;
  const ofMinority = crossEntropy(logits, minority.labels, options);
  return tf.add(tf.mul(ofMajority, tf.sub(1, minority.share)), tf.mul(ofMinority, minority.share)) as Scalar;
}

// Two finite float32 logits can differ by more than float32 holds.  A log-probability is cut off here: far below
// any that training meets, and small enough that a mean over 10⁸ of them is finite.
const LOWEST_LOG_PROBABILITY = -1e30;

function valueAndGradient(logits: Tensor2D, labels: Tensor1D, smoothing: number): ValueAndGradient {
  const [n, classes] = logits.shape;
  const shifted = tf.maximum(tf.sub(logits, tf.max(logits, 1, true)), LOWEST_LOG_PROBABILITY);
  const exponentials = tf.exp(shifted);
  const total = tf.sum(exponentials, 1, true);
  const logProbabilities = tf.sub(shifted, tf.log(total));

  const columns = tf.range(0, classes, 1, 'int32');
  const oneHot = tf.cast(tf.equal(tf.reshape(labels, [n, 1]), tf.reshape(columns, [1, classes])), 'float32');
  const targets = tf.add(tf.mul(oneHot, 1 - smoothing), smoothing / classes);

  const perSample = tf.sum(tf.mul(targets, logProbabilities), 1);
  const value = tf.div(tf.sum(perSample), -n) as Scalar;
  const gradient = tf.div(tf.sub(tf.div(exponentials, total), targets), n) as Tensor2D;
  return { value, gradient };
}
