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

/** The two terms; a term with no share in the blend need not be computed. */
export interface BlendTerms {
  readonly crossEntropy: () => Scalar;
  readonly contrastive: () => Scalar;
}

/**
 * (1 - λ) cross-entropy + λ contrastive: the fusion of Gunel et al. 2021 and of CLCE (arXiv 2402.14551).
 *
 * λ = 0 is cross-entropy to the last bit and λ = 1 the contrastive loss alone; the tensor that then plays no part has
 * a gradient of zero rather than none, so a training step is the same for every λ.
 */
export function blend(lambda: number, batch: LabelledBatch, terms: BlendTerms): Scalar {
  if (lambda === 0) return withZeroGradientFor(batch.embeddings, terms.crossEntropy());
  if (lambda === 1) return withZeroGradientFor(batch.logits, terms.contrastive());
  return tf.add(tf.mul(terms.crossEntropy(), 1 - lambda), tf.mul(terms.contrastive(), lambda)) as Scalar;
}
