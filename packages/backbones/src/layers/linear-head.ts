/** The linear classifier on top of the features: logits = features · weight + bias. */
import { float32, type HostTensors, type Tensor1D, type Tensor2D, type Tensors, tf } from '@clce/engine';
import type { NormalDraw } from '../backbone.ts';

/** Weight [features, classes], normal with deviation 0.01 (as torchvision initialises classifiers); bias zero. */
export function initialiseLinearHead(features: number, classes: number, draw: NormalDraw): HostTensors {
  return {
    'head.weight': float32(
      [features, classes],
      draw('head.weight', features * classes).map((value) => value * 0.01),
    ),
    'head.bias': float32([classes]),
  };
}

/** Logits [batch, classes] of features [batch, features]. */
export function linearHead(weights: Tensors, features: Tensor2D): Tensor2D {
  return tf.add(tf.matMul(features, weights['head.weight'] as Tensor2D), weights['head.bias'] as Tensor1D);
}
