/**
 * Layers of the vision transformers. Parameters are looked up by name; linear weights are [in, out]. Tokens are rows
 * [batch · tokens, width], because all layers but attention work on rows.
 */

import {
  float32,
  type HostTensor,
  type HostTensors,
  layerNorm,
  masked,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
  type Tensors,
  tf,
} from '@clce/engine';
import { UserError } from '@clce/registry';
import { branchMask, type NormalDraw } from '../backbone.ts';

export interface TransformerOptions {
  readonly name: string;
  /** One line for lists of backbones. */
  readonly description: string;
  /** Side of a patch, in pixels. */
  readonly patchSize: number;
  /** Length of a token. */
  readonly width: number;
  /** Number of blocks. */
  readonly depth: number;
  readonly heads: number;
}

/** x · weight + bias. */
export function linear(weights: Tensors, name: string, x: Tensor2D): Tensor2D {
  return tf.add(tf.matMul(x, weights[`${name}.weight`] as Tensor2D), weights[`${name}.bias`] as Tensor1D);
}

export function norm<T extends Tensor>(weights: Tensors, name: string, x: T, epsilon: number): T {
  return layerNorm(x, {
    gamma: weights[`${name}.weight`] as Tensor1D,
    beta: weights[`${name}.bias`] as Tensor1D,
    epsilon,
  });
}

/**
 * Scaled dot-product attention (Vaswani et al. 2017, arXiv 1706.03762, section 3.2.1), without projections.
 *
 * @param q with k and v of shape [batch, heads, tokens, headWidth]
 * @returns rows [batch · tokens, heads · headWidth]
 */
export function attend(q: Tensor4D, k: Tensor4D, v: Tensor4D): Tensor2D {
  const [batch, heads, tokens, headWidth] = q.shape;
  const scores = tf.matMul(tf.mul(q, 1 / Math.sqrt(headWidth)), k, false, true);
  const mixed = tf.matMul(tf.softmax(scores), v);
  return tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [batch * tokens, heads * headWidth]) as Tensor2D;
}

/**
 * Tokens [batch, 1 + patches, width] of images [batch, height, width, 3]: the class token, then a linear map of each patch
 * (a convolution with the patch size as its stride).
 */
export function patchTokens(
  images: Tensor4D,
  filter: Tensor4D,
  bias: Tensor1D,
  classToken: Tensor3D,
): Tensor3D {
  const [batch] = images.shape;
  const grid = tf.add(tf.conv2d(images, filter, filter.shape[0], 'valid'), bias);
  const patches = tf.reshape(grid, [batch, -1, filter.shape[3]]);
  return tf.concat([tf.tile(classToken, [batch, 1, 1]), patches], 1) as Tensor3D;
}

/** x plus a residual branch, both [batch · tokens, width]. A mask, if given, multiplies each image's rows of the branch. */
export function addBranch(x: Tensor2D, rows: Tensor2D, masks: Tensors, branch: number): Tensor2D {
  const mask = masks[branchMask(branch)];
  if (mask === undefined) return tf.add(x, rows);
  const byImage = tf.reshape(rows, [mask.shape[0]!, -1, rows.shape[1]]);
  return tf.add(x, tf.reshape(masked(byImage, mask), rows.shape));
}

/** Mean over the patch tokens of rows [batch · (1 + patches), width]: [batch, width]. */
export function meanOfPatches(rows: Tensor2D, batch: number): Tensor2D {
  const sequence = tf.reshape(rows, [batch, -1, rows.shape[1]]);
  return tf.mean<Tensor2D>(tf.slice(sequence, [0, 1, 0], [-1, -1, -1]), 1);
}

/** Number of patches of an image. @throws UserError where patches do not tile the image */
export function patchesOf(backbone: string, imageSize: number, patchSize: number): number {
  if (imageSize % patchSize !== 0) {
    throw new UserError(
      `${backbone}: an image side of ${imageSize} pixels is no multiple of its patches of ${patchSize}`,
    );
  }
  return (imageSize / patchSize) ** 2;
}

export function linearParameters(
  name: string,
  inputs: number,
  outputs: number,
  draw: NormalDraw,
): HostTensors {
  return {
    [`${name}.weight`]: normal(`${name}.weight`, [inputs, outputs], 0.02, draw),
    [`${name}.bias`]: float32([outputs]),
  };
}

export function normParameters(name: string, width: number): HostTensors {
  return {
    [`${name}.weight`]: float32([width], new Float32Array(width).fill(1)),
    [`${name}.bias`]: float32([width]),
  };
}

/** Filter [size, size, 3, width] with the variance of PyTorch's default for convolutions, as in timm. */
export function patchFilter(name: string, size: number, width: number, draw: NormalDraw): HostTensor {
  return normal(name, [size, size, 3, width], 1 / Math.sqrt(3 * 3 * size ** 2), draw);
}

/** Independent normal numbers of the given standard deviation. */
export function normal(
  name: string,
  shape: readonly number[],
  deviation: number,
  draw: NormalDraw,
): HostTensor {
  const count = shape.reduce((product, length) => product * length, 1);
  return float32(
    shape,
    draw(name, count).map((value) => value * deviation),
  );
}
