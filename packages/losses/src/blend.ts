import { type Scalar, type Tensor1D, type Tensor2D, tf } from '@clce/engine';
import { withZeroGradientFor } from './own-gradient.ts';

/** Inputs of a loss from a model: `logits` [n, classes], `embeddings` [n, d], `labels` int32 [n]. */
export interface LabelledBatch {
  readonly logits: Tensor2D;
  readonly embeddings: Tensor2D;
  readonly labels: Tensor1D;
  /**
   * Under mixup and cutmix: labels int32 [n] of the images' smaller parts, and their share, which is the same for all images.
   * Cross-entropy weighs both labels. A contrastive term uses `labels` only.
   */
  readonly minority?: { readonly labels: Tensor1D; readonly share: Scalar } | undefined;
}

/** Scalars: `loss` is minimised; the others are its terms without their weights (0 for a missing term). */
export interface LossParts {
  readonly loss: Scalar;
  readonly crossEntropy: Scalar;
  readonly contrastive: Scalar;
}

/**
 * (1 - λ) cross-entropy + λ contrastive: the fusion of Gunel et al. 2021 and of CLCE (arXiv 2402.14551).
 *
 * λ = 0 is exactly cross-entropy, and λ = 1 is exactly the contrastive loss. The unused input then has a gradient of zero, so a
 * training step has the same inputs and outputs for every λ.
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
