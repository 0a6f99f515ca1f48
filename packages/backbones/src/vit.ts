/**
 * Vision Transformer (Dosovitskiy et al. 2021, arXiv 2010.11929), pre-norm, as timm builds it: a linear embedding of
 * square patches, a class token, learned positions, blocks of attention and MLP, layer norm.
 *
 * Features are the class token after the last norm ('token'), or the normalised mean of the patch tokens ('avg', whose
 * norm timm calls fc_norm). Parameters carry timm's names; linear weights are [in, out] and filters [height, width, in,
 * out]. Tokens are kept as rows [batch · tokens, width], since all but attention works on rows.
 */
import {
  float32,
  gelu,
  type HostTensors,
  layerNorm,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
  type Tensors,
  tf,
} from '@clce/engine';
import type { Backbone, NormalDraw } from './backbone.ts';

export interface VitOptions {
  readonly name: string;
  /** One line for people. */
  readonly description: string;
  /** Side of a patch, in pixels. */
  readonly patchSize: number;
  /** Length of a token. */
  readonly width: number;
  /** Blocks. */
  readonly depth: number;
  readonly heads: number;
  readonly pooling: 'token' | 'avg';
}

const MLP_RATIO = 4;
const EPSILON = 1e-6;

export const vits: readonly Backbone[] = [
  ['tiny', 192, 12, 3],
  ['small', 384, 12, 6],
  ['base', 768, 12, 12],
  ['large', 1024, 24, 16],
].map(([size, width, depth, heads]) =>
  buildVit({
    name: `vit-${size}`,
    description: `ViT-${`${size}`[0]!.toUpperCase()}/16, class token, trained from scratch`,
    patchSize: 16,
    width: width as number,
    depth: depth as number,
    heads: heads as number,
    pooling: 'token',
  }),
);

export function buildVit(options: VitOptions): Backbone {
  const { name, description, patchSize, width, depth, heads, pooling } = options;
  const finalNorm = pooling === 'token' ? 'norm' : 'fc_norm';
  if (width % heads !== 0) throw new RangeError(`${name}: width ${width} is no multiple of ${heads} heads`);

  return {
    name,
    description,
    featureSize: () => width,

    initialise(imageSize, draw) {
      const tokens = 1 + patchesOf(name, imageSize, patchSize);
      const parameters: HostTensors = {
        cls_token: normal('cls_token', [1, 1, width], 1e-6, draw),
        pos_embed: normal('pos_embed', [1, tokens, width], 0.02, draw),
        // timm keeps PyTorch's default for convolutions, which has this variance.
        'patch_embed.proj.weight': normal(
          'patch_embed.proj.weight',
          [patchSize, patchSize, 3, width],
          1 / Math.sqrt(3 * 3 * patchSize ** 2),
          draw,
        ),
        'patch_embed.proj.bias': float32([width]),
        ...normParameters(finalNorm, width),
      };
      for (let block = 0; block < depth; block++) {
        Object.assign(
          parameters,
          normParameters(`blocks.${block}.norm1`, width),
          linearParameters(`blocks.${block}.attn.qkv`, width, 3 * width, draw),
          linearParameters(`blocks.${block}.attn.proj`, width, width, draw),
          normParameters(`blocks.${block}.norm2`, width),
          linearParameters(`blocks.${block}.mlp.fc1`, width, MLP_RATIO * width, draw),
          linearParameters(`blocks.${block}.mlp.fc2`, MLP_RATIO * width, width, draw),
        );
      }
      return { parameters, statistics: {} };
    },

    forward(weights, images) {
      const batch = images.shape[0];
      const embedded = embed(weights, images, patchSize);
      const tokens = embedded.shape[1];
      let x = tf.reshape(embedded, [batch * tokens, width]) as Tensor2D;
      for (let block = 0; block < depth; block++) {
        const prefix = `blocks.${block}`;
        const attended = attention(weights, `${prefix}.attn`, norm(weights, `${prefix}.norm1`, x), {
          batch,
          heads,
        });
        x = tf.add(x, attended);
        const hidden = gelu(linear(weights, `${prefix}.mlp.fc1`, norm(weights, `${prefix}.norm2`, x)));
        x = tf.add(x, linear(weights, `${prefix}.mlp.fc2`, hidden));
      }
      return { features: pool(weights, x, batch), statistics: {} };
    },
  };

  function pool(weights: Tensors, x: Tensor2D, batch: number): Tensor2D {
    const sequence = (rows: Tensor2D) => tf.reshape(rows, [batch, -1, width]) as Tensor3D;
    if (pooling === 'token') {
      const normalised = sequence(norm(weights, finalNorm, x));
      return tf.reshape(tf.slice(normalised, [0, 0, 0], [-1, 1, -1]), [batch, width]) as Tensor2D;
    }
    const patches = tf.slice(sequence(x), [0, 1, 0], [-1, -1, -1]);
    return norm(weights, finalNorm, tf.mean<Tensor2D>(patches, 1));
  }
}

function patchesOf(name: string, imageSize: number, patchSize: number): number {
  if (imageSize % patchSize !== 0) {
    throw new RangeError(
      `${name}: an image side of ${imageSize} pixels is no multiple of its patches of ${patchSize}`,
    );
  }
  return (imageSize / patchSize) ** 2;
}

/** [batch, 1 + patches, width]: class token first, positions added. */
function embed(weights: Tensors, images: Tensor4D, patchSize: number): Tensor3D {
  const filter = weights['patch_embed.proj.weight'] as Tensor4D;
  const [batch] = images.shape;
  const width = filter.shape[3];
  const grid = tf.add(tf.conv2d(images, filter, patchSize, 'valid'), weights['patch_embed.proj.bias']!);
  const patches = tf.reshape(grid, [batch, -1, width]);
  const classToken = tf.tile(weights['cls_token'] as Tensor3D, [batch, 1, 1]);
  return tf.add(tf.concat([classToken, patches], 1), weights['pos_embed'] as Tensor3D);
}

/** Multi-head self-attention (Vaswani et al. 2017, arXiv 1706.03762, section 3.2) over rows [batch · tokens, width]. */
function attention(
  weights: Tensors,
  name: string,
  x: Tensor2D,
  { batch, heads }: { readonly batch: number; readonly heads: number },
): Tensor2D {
  const [rows, width] = x.shape;
  const headWidth = width / heads;
  const qkv = tf.reshape(linear(weights, `${name}.qkv`, x), [batch, rows / batch, 3, heads, headWidth]);
  const [q, k, v] = tf.unstack(tf.transpose(qkv, [2, 0, 3, 1, 4])) as [Tensor4D, Tensor4D, Tensor4D];
  const scores = tf.matMul(tf.mul(q, headWidth ** -0.5), k, false, true);
  const mixed = tf.matMul(tf.softmax(scores), v);
  const joined = tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [rows, width]) as Tensor2D;
  return linear(weights, `${name}.proj`, joined);
}

function linear(weights: Tensors, name: string, x: Tensor2D): Tensor2D {
  return tf.add(tf.matMul(x, weights[`${name}.weight`] as Tensor2D), weights[`${name}.bias`] as Tensor1D);
}

function norm<T extends Tensor>(weights: Tensors, name: string, x: T): T {
  return layerNorm(x, {
    gamma: weights[`${name}.weight`] as Tensor1D,
    beta: weights[`${name}.bias`] as Tensor1D,
    epsilon: EPSILON,
  });
}

function linearParameters(name: string, inputs: number, outputs: number, draw: NormalDraw): HostTensors {
  return {
    [`${name}.weight`]: normal(`${name}.weight`, [inputs, outputs], 0.02, draw),
    [`${name}.bias`]: float32([outputs]),
  };
}

function normParameters(name: string, width: number): HostTensors {
  return {
    [`${name}.weight`]: float32([width], new Float32Array(width).fill(1)),
    [`${name}.bias`]: float32([width]),
  };
}

function normal(name: string, shape: readonly number[], deviation: number, draw: NormalDraw) {
  const count = shape.reduce((product, length) => product * length, 1);
  return float32(
    shape,
    draw(name, count).map((value) => value * deviation),
  );
}
