/** Cross-entropy under another name: a comparison with `ce` has no difference to find (docs/tuning.md). */
import { tf } from '@clce/engine';
import {
  blend,
  crossEntropyOf,
  defineLoss,
  labelSmoothing,
  referenceCrossEntropy,
} from '@clce/losses/define';

export default defineLoss({
  name: 'same',
  id: 'same-a66cc618',
  title: 'same',
  views: 1,
  trainsHead: true,
  contrasts: false,
  parameters: { labelSmoothing },
  evaluate: (batch, values) => blend(0, batch, crossEntropyOf(batch, values), tf.scalar(0)),
  reference: ({ logits, labels }, values) =>
    referenceCrossEntropy(logits, labels, values.labelSmoothing).value,
});
