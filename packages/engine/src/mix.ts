/**
 * Mixup (Zhang et al. 2018, arXiv 1710.09412) and CutMix (Yun et al. 2019, arXiv 1905.04899), on the step's side.
 *
 * Sample i is mixed with sample batch - 1 - i, as timm pairs them: batches are shuffled, so no permutation is needed. One
 * input says how: `weight`, of shape [height, width], is the share of each pixel that stays. Mixup has the same λ
 * everywhere; CutMix has 0 inside its box and 1 outside. The share of the own label is the weight's mean, so CutMix's
 * is right for a box that the border cuts off. A weight of ones mixes nothing.
 *
 *     loss = λ · CE(logits, labels) + (1 - λ) · CE(logits, labels of the partners)
 *
 * equals cross-entropy with soft targets, since it is linear in them, and takes whole-number labels.
 */
import { type Scalar, type Tensor1D, type Tensor2D, type Tensor4D, tf } from './tf.ts';

/** The mixed images, [batch, height, width, channels]. */
export function mixedImages(images: Tensor4D, weight: Tensor2D): Tensor4D {
  const own = tf.expandDims<Tensor4D>(weight, -1);
  const partners = tf.reverse(images, 0);
  return tf.add(tf.mul(images, own), tf.mul(partners, tf.sub(1, own)));
}

/** The mean over the batch of any loss of labels, mixed. @param loss a mean, for labels of shape [batch] */
export function mixedLoss(labels: Tensor1D, weight: Tensor2D, loss: (labels: Tensor1D) => Scalar): Scalar {
  const share = tf.mean<Scalar>(weight);
  return tf.add(tf.mul(loss(labels), share), tf.mul(loss(tf.reverse(labels, 0)), tf.sub(1, share)));
}
