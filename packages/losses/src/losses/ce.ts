import { tf } from '@clce/engine';
import { blend } from '../blend.ts';
import { defineLoss } from '../loss-definition.ts';
import { labelSmoothing } from '../parameters.ts';
import { referenceCrossEntropy } from '../reference/cross-entropy.ts';
import { crossEntropyOf } from '../terms/cross-entropy.ts';

export default defineLoss({
  name: 'ce',
  title: 'CE',
  views: 1,
  trainsHead: true,
  contrasts: false,
  parameters: { labelSmoothing },
  evaluate: (batch, values) => blend(0, batch, crossEntropyOf(batch, values), tf.scalar(0)),
  reference: ({ logits, labels }, values) =>
    referenceCrossEntropy(logits, labels, values.labelSmoothing).value,
});
