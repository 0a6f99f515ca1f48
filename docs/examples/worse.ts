/** Cross-entropy that sees wrong labels for four fifths of a batch: a comparison with `ce` must call it worse (docs/compare.md). */
import { type Tensor1D, tf } from '@clce/engine';
import {
  blend,
  crossEntropyOf,
  defineLoss,
  labelSmoothing,
  referenceCrossEntropy,
} from '@clce/losses/define';

const SHARE = 0.8;

export default defineLoss({
  name: 'worse',
  id: 'worse-7b1d02e4',
  title: 'worse',
  views: 1,
  trainsHead: true,
  contrasts: false,
  parameters: { labelSmoothing },
  evaluate: (batch, values) =>
    blend(0, batch, crossEntropyOf({ ...batch, labels: shuffled(batch.labels) }, values), tf.scalar(0)),
  reference: ({ logits, labels }, values) => {
    const count = Math.floor(SHARE * labels.length);
    const wrong = labels.map((label, at) => (at < count ? labels[(at + 1) % count]! : label));
    return referenceCrossEntropy(logits, wrong, values.labelSmoothing).value;
  },
});

/** Each of the first four fifths has the label of the row after it. */
function shuffled(labels: Tensor1D): Tensor1D {
  const [rows] = labels.shape;
  const count = Math.floor(SHARE * rows);
  if (count < 2) return labels;
  const parts = [tf.slice(labels, 1, count - 1), tf.slice(labels, 0, 1), tf.slice(labels, count)];
  return tf.concat(parts) as Tensor1D;
}
