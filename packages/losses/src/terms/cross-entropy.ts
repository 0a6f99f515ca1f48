import {
  elementsAt,
  logSoftmax,
  type Scalar,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tf,
  withElementsAt,
} from '@clce/engine';
import type { LabelledBatch } from '../blend.ts';
import { scalarWithGradient, type ValueAndGradient } from '../own-gradient.ts';
import { complete } from '../parameter.ts';
import * as parameters from '../parameters.ts';
import { requireLabelledRows } from '../shapes.ts';

/**
 * Softmax cross-entropy with label smoothing (Szegedy et al. 2016), the first term of CLCE.
 *
 * ℓ_i = -Σ_c q_ic log softmax(logits_i)_c with q = (1 - ε) one-hot + ε / classes. The loss is the mean over the
 * batch. Its gradient is (softmax - q) / n.
 */
export interface CrossEntropyOptions {
  /** ε in [0, 1); default 0. */
  readonly labelSmoothing?: number;
}

/**
 * Mean cross-entropy of `logits` [n, classes] against `labels` int32 [n], each in [0, classes).
 *
 * A label outside this range has no target. A graph cannot check labels, so the caller must.
 *
 * @throws LossError on a label smoothing outside [0, 1) or shapes that do not fit.
 */
export function crossEntropy(logits: Tensor2D, labels: Tensor1D, options: CrossEntropyOptions = {}): Scalar {
  const { labelSmoothing } = parameters;
  return crossEntropyOf({ logits, labels }, complete({ labelSmoothing }, options));
}

/**
 * Cross-entropy of a batch, with all options already checked. Mixed images count for both labels by their shares.
 *
 * @throws LossError on shapes that do not fit
 */
export function crossEntropyOf(
  { logits, labels, minority }: Omit<LabelledBatch, 'embeddings'>,
  options: Required<CrossEntropyOptions>,
): Scalar {
  if (minority === undefined) {
    return crossEntropyAgainst(logits, [{ labels, share: tf.scalar(1) }], options);
  }
  const majority = { labels, share: tf.sub(1, minority.share) as Scalar };
  return crossEntropyAgainst(logits, [majority, minority], options);
}

/** One label for each row, and its share of the target, which is the same for all rows. */
interface Target {
  readonly labels: Tensor1D;
  readonly share: Scalar;
}

/** Shares add up to 1. */
function crossEntropyAgainst(
  logits: Tensor2D,
  targets: readonly Target[],
  { labelSmoothing }: Required<CrossEntropyOptions>,
): Scalar {
  for (const { labels } of targets) requireLabelledRows('logits', logits, labels);
  return scalarWithGradient(logits, (x) => valueAndGradient(x, targets, labelSmoothing));
}

// The difference of two finite float32 logits can overflow. This limit of a log-probability is far below any that
// training meets, and a mean over 10⁸ of them is still finite.
const LOWEST_LOG_PROBABILITY = -1e30;

function valueAndGradient(logits: Tensor2D, targets: readonly Target[], smoothing: number): ValueAndGradient {
  const [n, classes] = logits.shape;
  const everywhere = smoothing / classes;
  const logProbabilities = logSoftmax(logits);
  const bounded = (x: Tensor) => tf.maximum(x, LOWEST_LOG_PROBABILITY);
  const hits = targets.map((target) => {
    const hit = hitsOf(target, classes, 1 - smoothing);
    return { ...hit, logProbability: elementsAt(logProbabilities, hit.columns) };
  });
  const terms = hits.map(({ logProbability, weights }) => tf.sum(tf.mul(bounded(logProbability), weights)));
  if (smoothing > 0) terms.push(tf.mul(tf.sum(bounded(logProbabilities)), everywhere));

  const probabilities = tf.exp(logProbabilities);
  const gradient = hits.reduce(
    (x, { columns, logProbability }) => {
      const target = tf.addN(
        hits.map((other) => tf.mul(other.weights, equalColumns(other.columns, columns))),
      );
      return withElementsAt(x, columns, tf.sub(tf.sub(tf.exp(logProbability), everywhere), target));
    },
    tf.sub<Tensor2D>(probabilities, everywhere),
  );
  return { value: tf.div(tf.addN(terms), -n) as Scalar, gradient, scale: tf.scalar(1 / n) };
}

interface Hit {
  /** int32 [n]. */
  readonly columns: Tensor1D;
  /** [n, 1]. */
  readonly weights: Tensor2D;
}

/** The targets' places and weights. The weight is 0 if the label is no class. */
function hitsOf({ labels, share }: Target, classes: number, weight: number): Hit {
  const last = tf.scalar(classes - 1, 'int32');
  const columns = tf.minimum<Tensor1D>(tf.maximum(labels, tf.scalar(0, 'int32')), last);
  return { columns, weights: tf.mul(equalColumns(columns, labels), tf.mul(share, weight)) };
}

/** 1 or 0, [n, 1]. */
function equalColumns(a: Tensor1D, b: Tensor1D): Tensor2D {
  if (a === b) return tf.ones([a.size, 1]);
  return tf.reshape(tf.cast(tf.equal(a, b), 'float32'), [-1, 1]);
}
