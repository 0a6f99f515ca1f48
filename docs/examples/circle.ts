/**
 * Circle loss (Sun et al. 2020, arXiv 2002.10857, equation 6) beside cross-entropy.
 *
 * With s the cosines of an anchor with its positives p and negatives n, γ = scale and m = margin:
 *
 *     α_p = max(0, 1 + m - s_p),  α_n = max(0, s_n + m)      constants to the gradient
 *     ℓ   = log(1 + Σ_n exp(γ α_n (s_n - m)) · Σ_p exp(-γ α_p (s_p - 1 + m)))
 *
 * The loss is the mean over all anchors; one without a positive or without a negative costs nothing.
 */
import { type Scalar, type Tensor, type Tensor1D, type Tensor2D, tf } from '@clce/engine';
import {
  blend,
  crossEntropyOf,
  defineLoss,
  detach,
  dot,
  l2Normalize,
  labelSmoothing,
  lambda,
  normalizeRows,
  numberParameter,
  type PlainBatch,
  referenceCrossEntropy,
} from '@clce/losses/define';

// m = 0.4 and γ = 80 are the paper's for fine-grained retrieval.
const margin = numberParameter('margin', 0.4, (x) => x >= 0 && x < 1, 'a number in [0, 1)');
const scale = numberParameter('scale', 80, (x) => x > 0, 'a finite number > 0');

export default defineLoss({
  name: 'circle',
  id: 'circle-of-the-docs',
  title: 'CE + Circle',
  views: 1,
  trainsHead: true,
  parameters: { lambda, labelSmoothing, margin, scale },
  evaluate(batch, values) {
    const circle = circleLoss(batch.embeddings, batch.labels, values);
    return blend(values.lambda, batch, crossEntropyOf(batch, values), circle);
  },
  reference(batch, values, fixed) {
    const crossEntropy = referenceCrossEntropy(batch.logits, batch.labels, values.labelSmoothing).value;
    return (1 - values.lambda) * crossEntropy + values.lambda * slowCircleLoss(batch, values, fixed);
  },
});

interface Options {
  readonly margin: number;
  readonly scale: number;
}

/** `embeddings` [n, d], `labels` int32 [n]. */
function circleLoss(embeddings: Tensor2D, labels: Tensor1D, { margin: m, scale: gamma }: Options): Scalar {
  const n = labels.size;
  const unit = l2Normalize(embeddings);
  const s = tf.matMul(unit, unit, false, true);
  const same = tf.cast(tf.equal(tf.expandDims(labels, 1), tf.expandDims(labels, 0)), 'float32');
  const itself = tf.cast(tf.oneHot(tf.range(0, n, 1, 'int32'), n), 'float32');
  const ofPositives = tf.mul(detach(tf.relu(tf.sub(1 + m, s))), tf.sub(1 - m, s));
  const ofNegatives = tf.mul(detach(tf.relu(tf.add(s, m))), tf.sub(s, m));
  const positives = logSumOver(tf.sub(same, itself), tf.mul(ofPositives, gamma));
  const negatives = logSumOver(tf.sub(1, same), tf.mul(ofNegatives, gamma));
  const x = tf.add(positives, negatives);
  // log(1 + eˣ) for every finite x.
  const losses = tf.add(tf.relu(x), tf.log(tf.add(1, tf.exp(tf.neg(tf.abs(x))))));
  return tf.mean(losses) as Scalar;
}

/** log Σ exp of the entries of each row where `mask` is 1; far below zero where there is none. */
function logSumOver(mask: Tensor, exponents: Tensor): Tensor {
  return tf.logSumExp(tf.add(exponents, tf.mul(tf.sub(mask, 1), 1e6)), 1);
}

/** The same, pair by pair in float64. */
function slowCircleLoss(batch: PlainBatch, { margin: m, scale: gamma }: Options, fixed: PlainBatch): number {
  const { labels } = batch;
  const unit = normalizeRows(batch.embeddings);
  const still = normalizeRows(fixed.embeddings);
  let sum = 0;
  for (let i = 0; i < unit.length; i++) {
    let positives = 0;
    let negatives = 0;
    for (let j = 0; j < unit.length; j++) {
      if (i === j) continue;
      const s = dot(unit[i]!, unit[j]!);
      const constant = dot(still[i]!, still[j]!);
      if (labels[i] === labels[j]) {
        positives += Math.exp(gamma * Math.max(0, 1 + m - constant) * (1 - m - s));
      } else {
        negatives += Math.exp(gamma * Math.max(0, constant + m) * (s - m));
      }
    }
    sum += Math.log1p(positives * negatives);
  }
  return sum / unit.length;
}
