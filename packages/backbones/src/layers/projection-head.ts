/**
 * A small head between the features and a contrastive loss. It is discarded after training (Chen et al. 2020, SimCLR;
 * Khosla et al. 2020, SupCon, section 3.1, whose code has these layers).
 */
import {
  float32,
  type HostTensor,
  type HostTensors,
  type Tensor1D,
  type Tensor2D,
  type Tensors,
  tf,
} from '@clce/engine';
import type { NormalDraw } from '../backbone.ts';

/** `linear`: one layer. `mlp`: a hidden layer as wide as the features, ReLU, one layer. */
export const projectionHeads = ['linear', 'mlp'] as const;
export type ProjectionHead = (typeof projectionHeads)[number];

/** Length of the projected vector, as in SupCon. */
export const PROJECTION_SIZE = 128;

/** Weights [in, out], normal with deviation √(2 / in) before a ReLU and √(1 / in) in the last layer; biases zero. */
export function initialiseProjection(
  kind: ProjectionHead,
  features: number,
  draw: NormalDraw,
): Record<string, HostTensor> {
  const layer = (name: string, outputs: number, gain: number): HostTensors => ({
    [`${name}.weight`]: float32(
      [features, outputs],
      draw(`${name}.weight`, features * outputs).map((value) => value * Math.sqrt(gain / features)),
    ),
    [`${name}.bias`]: float32([outputs]),
  });
  return {
    ...(kind === 'mlp' && layer('projection.fc1', features, 2)),
    ...layer('projection.fc2', PROJECTION_SIZE, 1),
  };
}

/** Projections [batch, 128] of features [batch, features]. */
export function projectionHead(kind: ProjectionHead, weights: Tensors, features: Tensor2D): Tensor2D {
  const layer = (name: string, input: Tensor2D): Tensor2D =>
    tf.add(tf.matMul(input, weights[`${name}.weight`] as Tensor2D), weights[`${name}.bias`] as Tensor1D);
  const hidden = kind === 'mlp' ? tf.relu(layer('projection.fc1', features)) : features;
  return layer('projection.fc2', hidden);
}
