import { tf } from '@clce/engine';
import { blend } from '../blend.ts';
import { defineLoss } from '../loss-definition.ts';
import { blockSize, detachWeights, hardness, temperature } from '../parameters.ts';
import { referenceHScl } from '../reference/h-scl.ts';
import { hSclOf } from '../terms/h-scl.ts';

/**
 * H-SCL as its authors train it: both views of each sample, a projection head, the contrastive term alone. A linear head is trained
 * afterwards.
 *
 * τ = 0.5 is the published program's. Its versions have β = 0.5 and 1, and its README names 5, so the default β = 1 is *ours*: it is
 * LACLN's.
 */
export default defineLoss({
  name: 'h-scl',
  title: 'H-SCL',
  views: 2,
  trainsHead: false,
  projection: 'mlp',
  parameters: { temperature, hardness, detachWeights },
  evaluate(batch, values) {
    const options = { ...values, blockSize: blockSize.default };
    return blend(1, batch, tf.scalar(0), hSclOf(batch.embeddings, batch.labels, options));
  },
  reference: ({ embeddings, labels }, values, fixed) =>
    referenceHScl(embeddings, labels, values, values.detachWeights ? fixed.embeddings : embeddings).value,
});
