import { type Scalar, type Tensor1D, type Tensor2D, tf } from '@clce/engine';
import { withZeroGradientFor } from './own-gradient.ts';

/** What a model hands to a loss: `logits` [n, classes], `embeddings` [n, d], `labels` int32 [n]. */
export interface LabelledBatch {
  readonly logits: Tensor2D;
  readonly embeddings: Tensor2D;
  readonly labels: Tensor1D;
  /**
   * Under mixup and cutmix, the label int32 [n] of each image's smaller part and its share, one for all. Cross-entropy
   * weighs both labels; a contrastive term knows `labels` alone.
   */
  readonly minority?: { readonly labels: Tensor1D; readonly share: Scalar } | undefined;
}

/** Scalars: `loss` is what is minimised, the others its terms before they are weighted (0 for a term it lacks). */
export interface LossParts {
  readonly loss: Scalar;
  readonly crossEntropy: Scalar;
  readonly contrastive: Scalar;
}

/**
 * (1 - λ) cross-entropy + λ contrastive: the fusion of Gunel et al. 2021 and of CLCE (arXiv 2402.14551).
 *
 * λ = 0 is cross-entropy to the last bit and λ = 1 the contrastive loss alone; the tensor that then plays no part has
 * a gradient of zero rather than none, so a training step is the same for every λ.
 */
export function blend(
  lambda: number,
  batch: LabelledBatch,
  crossEntropy: Scalar,
  contrastive: Scalar,
): LossParts {
  return { loss: blended(lambda, batch, crossEntropy, contrastive), crossEntropy, contrastive };
}

function blended(lambda: number, batch: LabelledBatch, crossEntropy: Scalar, contrastive: Scalar): Scalar {
  if (lambda === 0) return withZeroGradientFor(batch.embeddings, crossEntropy);
  if (lambda === 1) return withZeroGradientFor(batch.logits, contrastive);
  return tf.add(tf.mul(crossEntropy, 1 - lambda), tf.mul(contrastive, lambda)) as Scalar;
}
