import { tf } from '@clce/engine';
import { blend } from '../blend.ts';
import { defineLoss } from '../loss-definition.ts';
import { blockSize, temperature } from '../parameters.ts';
import { referenceLacln } from '../reference/lacln.ts';
import { supConOf } from './sup-con.ts';

/**
 * SupCon as Khosla et al. 2020 train it: both views of each sample, a projection head (section 3.1), τ = 0.1, the contrastive
 * term alone. A linear head is trained afterwards, and the projection head is discarded.
 *
 * The formula is that of the loss `supcon` on the rows of both views. A row's other view is one of its positives.
 */
export default defineLoss({
  name: 'supcon-two-views',
  title: 'SupCon, two views',
  views: 2,
  trainsHead: false,
  projection: 'mlp',
  parameters: { temperature: { ...temperature, default: 0.1 } },
  evaluate(batch, values) {
    const options = { ...values, blockSize: blockSize.default };
    return blend(1, batch, tf.scalar(0), supConOf(batch.embeddings, batch.labels, options));
  },
  reference({ embeddings, labels }, values) {
    const options = { ...values, hardness: 0, form: 'out' as const, detachWeights: false };
    return referenceLacln(embeddings, labels, options).value;
  },
});
