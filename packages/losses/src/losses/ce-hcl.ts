import { type Tensor2D, tf } from '@clce/engine';
import { blend } from '../blend.ts';
import { defineLoss } from '../loss-definition.ts';
import { notAllowed } from '../loss-error.ts';
import { blockSize, hardness, labelSmoothing, lambda, tauPlus, temperature } from '../parameters.ts';
import { referenceCrossEntropy } from '../reference/cross-entropy.ts';
import { referenceHcl } from '../reference/hcl.ts';
import { crossEntropyOf } from '../terms/cross-entropy.ts';
import { hclOf } from '../terms/hcl.ts';

export default defineLoss({
  name: 'ce+hcl',
  title: 'CE + HCL',
  views: 2,
  trainsHead: true,
  parameters: { lambda, labelSmoothing, temperature, hardness, tauPlus },
  evaluate(batch, values) {
    const crossEntropy = crossEntropyOf(batch, values);
    const [viewA, viewB] = splitViews(batch.embeddings);
    const contrastive = hclOf(viewA, viewB, { ...values, blockSize: blockSize.default });
    return blend(values.lambda, batch, crossEntropy, contrastive);
  },
  reference({ logits, embeddings, labels }, values) {
    const half = embeddings.length / 2;
    const crossEntropy = referenceCrossEntropy(logits, labels, values.labelSmoothing).value;
    const contrastive = referenceHcl(embeddings.slice(0, half), embeddings.slice(half), values).value;
    return (1 - values.lambda) * crossEntropy + values.lambda * contrastive;
  },
});

function splitViews(embeddings: Tensor2D): [Tensor2D, Tensor2D] {
  const [rows, features] = embeddings.shape;
  if (rows % 2 !== 0) throw notAllowed('embeddings', embeddings.shape, 'two views of equal size, stacked');
  const half = rows / 2;
  return [tf.slice(embeddings, [0, 0], [half, features]), tf.slice(embeddings, [half, 0], [half, features])];
}
