/**
 * Vision Transformer (Dosovitskiy et al. 2021, arXiv 2010.11929), pre-norm, as timm builds it: a linear embedding of
 * square patches, a class token, learned positions, blocks of attention and MLP, layer norm.
 *
 * Features are the class token after the last norm ('token'), or the normalised mean of the patch tokens ('avg'; timm
 * names this norm fc_norm). Parameters carry timm's names.
 */
import {
  float32,
  gelu,
  type HostTensors,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
  type Tensors,
  tf,
} from '@clce/engine';
import type { Backbone } from '../backbone.ts';
import {
  addBranch,
  attend,
  linear,
  linearParameters,
  meanOfPatches,
  norm,
  normal,
  normParameters,
  patchesOf,
  patchFilter,
  patchTokens,
  type TransformerOptions,
} from '../layers/transformer-layers.ts';
import { torchvisionVit } from '../weights/torchvision-names.ts';

interface VitOptions extends TransformerOptions {
  readonly pooling: 'token' | 'avg';
}

const MLP_RATIO = 4;
const EPSILON = 1e-6;

const SIZES = [
  ['tiny', 192, 12, 3],
  ['small', 384, 12, 6],
  ['base', 768, 12, 12],
  ['large', 1024, 24, 16],
] as const;

/** Ti, S, B and L with patches of 16 pixels, each with the class token and with the mean of the patch tokens. */
export const vits: readonly Backbone[] = SIZES.flatMap(([size, width, depth, heads]) => {
  const title = `ViT-${size === 'tiny' ? 'Ti' : size[0]!.toUpperCase()}/16`;
  const common = { patchSize: 16, width, depth, heads };
  return [
    buildVit({ ...common, name: `vit-${size}`, description: `${title}, class token`, pooling: 'token' }),
    buildVit({
      ...common,
      name: `vit-${size}-mean`,
      description: `${title}, mean of the patch tokens`,
      pooling: 'avg',
    }),
  ];
});

export function buildVit(options: VitOptions): Backbone {
  const { name, description, patchSize, width, depth, heads, pooling } = options;
  const finalNorm = pooling === 'token' ? 'norm' : 'fc_norm';
  if (width % heads !== 0) throw new RangeError(`${name}: width ${width} is no multiple of ${heads} heads`);

  return {
    name,
    description,
    featureSize: () => width,
    layering: { depth, layerOf: (parameter) => layerOf(parameter, depth) },
    otherNames: { torchvision: torchvisionVit },
    // As in timm's resample_abs_pos_embed: bicubic, with antialiasing.
    positions: { pos_embed: { before: 1, antialias: true } },

    initialise(imageSize, draw) {
      const tokens = 1 + patchesOf(name, imageSize, patchSize);
      const parameters: HostTensors = {
        cls_token: normal('cls_token', [1, 1, width], 1e-6, draw),
        pos_embed: normal('pos_embed', [1, tokens, width], 0.02, draw),
        'patch_embed.proj.weight': patchFilter('patch_embed.proj.weight', patchSize, width, draw),
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

    residualBranches: 2 * depth,
    forward(weights, images, _mode, masks = {}) {
      const batch = images.shape[0];
      const tokens = tf.add<Tensor3D>(
        patchTokens(
          images,
          weights['patch_embed.proj.weight'] as Tensor4D,
          weights['patch_embed.proj.bias'] as Tensor1D,
          weights['cls_token'] as Tensor3D,
        ),
        weights['pos_embed']!,
      );
      let x = tf.reshape(tokens, [-1, width]) as Tensor2D;
      for (let block = 0; block < depth; block++) {
        const prefix = `blocks.${block}`;
        const normed = norm(weights, `${prefix}.norm1`, x, EPSILON);
        const attended = attention(weights, `${prefix}.attn`, normed, { batch, heads });
        x = addBranch(x, attended, masks, 2 * block);
        const wide = linear(weights, `${prefix}.mlp.fc1`, norm(weights, `${prefix}.norm2`, x, EPSILON));
        const mapped = linear(weights, `${prefix}.mlp.fc2`, gelu(wide));
        x = addBranch(x, mapped, masks, 2 * block + 1);
      }
      return { features: pool(weights, x, batch), statistics: {} };
    },
  };

  function pool(weights: Tensors, x: Tensor2D, batch: number): Tensor2D {
    if (pooling === 'avg') return norm(weights, finalNorm, meanOfPatches(x, batch), EPSILON);
    const normalised = tf.reshape(norm(weights, finalNorm, x, EPSILON), [batch, -1, width]) as Tensor3D;
    return tf.reshape(tf.slice(normalised, [0, 0, 0], [-1, 1, -1]), [batch, width]) as Tensor2D;
  }
}

/** The numbering of BEiT and timm: embeddings 0, then the blocks, then norm and head. */
function layerOf(parameter: string, depth: number): number {
  const block = /^blocks\.(\d+)\./.exec(parameter)?.[1];
  if (block !== undefined) return 1 + Number(block);
  return /^(cls_token|pos_embed|patch_embed\.)/.test(parameter) ? 0 : depth + 1;
}

/** Multi-head self-attention over rows [batch · tokens, width]. */
function attention(
  weights: Tensors,
  name: string,
  x: Tensor2D,
  { batch, heads }: { readonly batch: number; readonly heads: number },
): Tensor2D {
  const [rows, width] = x.shape;
  const qkv = tf.reshape(linear(weights, `${name}.qkv`, x), [batch, rows / batch, 3, heads, width / heads]);
  const [q, k, v] = tf.unstack(tf.transpose(qkv, [2, 0, 3, 1, 4])) as [Tensor4D, Tensor4D, Tensor4D];
  return linear(weights, `${name}.proj`, attend(q, k, v));
}
