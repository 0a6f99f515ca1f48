/**
 * Say what the loss is, and name its paper. This one draws samples of a class together, and pushes others apart until their
 * cosine is below a margin (after Hadsell, Chopra & LeCun 2006, equation 4), beside cross-entropy.
 */
import { type Scalar, type Tensor1D, type Tensor2D, tf } from '@clce/engine';
import {
  blend,
  crossEntropyOf,
  defineLoss,
  dot,
  l2Normalize,
  labelSmoothing,
  lambda,
  normalizeRows,
  numberParameter,
  type PlainBatch,
  referenceCrossEntropy,
} from '@clce/losses/define';

const margin = numberParameter('margin', 0.3, (x) => x >= -1 && x <= 1, 'a number in [-1, 1]');

export default defineLoss({
  name: 'my-own',
  // Tells this loss from others of its name, in the key of every result. It stays when the formula is edited.
  id: 'my-own-00000000',
  title: 'my-own',
  views: 1,
  trainsHead: true,
  parameters: { lambda, labelSmoothing, margin },
  evaluate(batch, values) {
    const pairs = pairLoss(batch.embeddings, batch.labels, values.margin);
    return blend(values.lambda, batch, crossEntropyOf(batch, values), pairs);
  },
  reference(batch, values) {
    const crossEntropy = referenceCrossEntropy(batch.logits, batch.labels, values.labelSmoothing);
    return (1 - values.lambda) * crossEntropy.value + values.lambda * slowPairLoss(batch, values.margin);
  },
});

/** The mean over all ordered pairs; `embeddings` [n, d], `labels` int32 [n]. */
function pairLoss(embeddings: Tensor2D, labels: Tensor1D, least: number): Scalar {
  const n = labels.size;
  const unit = l2Normalize(embeddings);
  const cosines = tf.matMul(unit, unit, false, true);
  const same = tf.cast(tf.equal(tf.expandDims(labels, 1), tf.expandDims(labels, 0)), 'float32');
  const itself = tf.cast(tf.oneHot(tf.range(0, n, 1, 'int32'), n), 'float32');
  const pull = tf.mul(same, tf.sub(1, cosines));
  const push = tf.mul(tf.sub(1, same), tf.relu(tf.sub(cosines, least)));
  return tf.div(tf.sum(tf.mul(tf.sub(1, itself), tf.add(pull, push))), n * (n - 1)) as Scalar;
}

/** The same, pair by pair in float64: what `./clce loss check` compares with. */
function slowPairLoss({ embeddings, labels }: PlainBatch, least: number): number {
  const unit = normalizeRows(embeddings);
  const n = unit.length;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      if (i === j) continue;
      const cosine = dot(unit[i]!, unit[j]!);
      sum += labels[i] === labels[j] ? 1 - cosine : Math.max(0, cosine - least);
    }
  }
  return sum / (n * (n - 1));
}
