/**
 * The image branch of BEiT-3 (Wang et al. 2022, arXiv 2208.10442), as the official code builds it: a multiway transformer
 * whose branch A takes images. It has sub-layer norms (Magneto, Wang et al. 2022, arXiv 2210.06423): one more norm before
 * the output projection of attention, and one before the output projection of the MLP.
 *
 * Features are `fc_norm` of the mean of the patch tokens, the input of the official classifier. Parameters carry the names
 * of the official checkpoint (microsoft/unilm, beit3). The checkpoint also holds the text branch B, which images do not
 * use. The table of positions follows fairseq's numbering: two rows before the class token's row are never read.
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

const MLP_RATIO = 4;
const EPSILON = 1e-5;
/** Rows of the table of positions before the class token's. */
const UNUSED_POSITIONS = 2;

const FILTER = 'beit3.vision_embed.proj.weight';
const CLASS_TOKEN = 'beit3.vision_embed.cls_token';
const POSITIONS = 'beit3.encoder.embed_positions.A.weight';

/** Patches of 16 pixels; sizes of table 11 of the paper. */
export const beit3Base = buildBeit3({
  name: 'beit3-base',
  description: 'BEiT-3 base/16, image branch, mean of the patch tokens',
  patchSize: 16,
  width: 768,
  depth: 12,
  heads: 12,
});

export const beit3Large = buildBeit3({
  name: 'beit3-large',
  description: 'BEiT-3 large/16, image branch, mean of the patch tokens',
  patchSize: 16,
  width: 1024,
  depth: 24,
  heads: 16,
});

export function buildBeit3({
  name,
  description,
  patchSize,
  width,
  depth,
  heads,
}: TransformerOptions): Backbone {
  if (width % heads !== 0) throw new RangeError(`${name}: width ${width} is no multiple of ${heads} heads`);
  const layer = (block: number) => `beit3.encoder.layers.${block}`;

  return {
    name,
    description,
    featureSize: () => width,
    layering: { depth, layerOf: (parameter) => layerOf(parameter, depth) },
    // As in the official load_model_and_may_interpolate: bicubic, without antialiasing.
    positions: { [POSITIONS]: { before: UNUSED_POSITIONS + 1, antialias: false } },
    // A pre-trained checkpoint without fine-tuning has no fc_norm.
    optional: ['fc_norm.weight', 'fc_norm.bias'],

    initialise(imageSize, draw) {
      const rows = UNUSED_POSITIONS + 1 + patchesOf(name, imageSize, patchSize);
      const parameters: HostTensors = {
        [CLASS_TOKEN]: normal(CLASS_TOKEN, [1, 1, width], 0.02, draw),
        [FILTER]: patchFilter(FILTER, patchSize, width, draw),
        'beit3.vision_embed.proj.bias': float32([width]),
        [POSITIONS]: normal(POSITIONS, [rows, width], 0.02, draw),
      };
      for (let block = 0; block < depth; block++) {
        Object.assign(
          parameters,
          normParameters(`${layer(block)}.self_attn_layer_norm.A`, width),
          ...['q_proj', 'k_proj', 'v_proj', 'out_proj'].map((projection) =>
            linearParameters(`${layer(block)}.self_attn.${projection}.A`, width, width, draw),
          ),
          normParameters(`${layer(block)}.self_attn.inner_attn_ln.A`, width),
          normParameters(`${layer(block)}.final_layer_norm.A`, width),
          linearParameters(`${layer(block)}.ffn.A.fc1`, width, MLP_RATIO * width, draw),
          normParameters(`${layer(block)}.ffn.A.ffn_layernorm`, MLP_RATIO * width),
          linearParameters(`${layer(block)}.ffn.A.fc2`, MLP_RATIO * width, width, draw),
        );
      }
      Object.assign(
        parameters,
        normParameters('beit3.encoder.layer_norm.A', width),
        normParameters('fc_norm', width),
      );
      return { parameters, statistics: {} };
    },

    residualBranches: 2 * depth,
    forward(weights, images, _mode, masks = {}) {
      const batch = images.shape[0];
      const tokens = patchTokens(
        images,
        weights[FILTER] as Tensor4D,
        weights['beit3.vision_embed.proj.bias'] as Tensor1D,
        weights[CLASS_TOKEN] as Tensor3D,
      );
      const positions = tf.slice(weights[POSITIONS] as Tensor2D, [UNUSED_POSITIONS, 0], [-1, -1]);
      let x = tf.reshape(tf.add(tokens, positions), [-1, width]) as Tensor2D;
      for (let block = 0; block < depth; block++) {
        const prefix = layer(block);
        const normed = norm(weights, `${prefix}.self_attn_layer_norm.A`, x, EPSILON);
        const attended = attention(weights, `${prefix}.self_attn`, normed, { batch, heads });
        x = addBranch(x, attended, masks, 2 * block);
        const wide = linear(
          weights,
          `${prefix}.ffn.A.fc1`,
          norm(weights, `${prefix}.final_layer_norm.A`, x, EPSILON),
        );
        const inner = norm(weights, `${prefix}.ffn.A.ffn_layernorm`, gelu(wide), EPSILON);
        const mapped = linear(weights, `${prefix}.ffn.A.fc2`, inner);
        x = addBranch(x, mapped, masks, 2 * block + 1);
      }
      const encoded = norm(weights, 'beit3.encoder.layer_norm.A', x, EPSILON);
      return { features: norm(weights, 'fc_norm', meanOfPatches(encoded, batch), EPSILON), statistics: {} };
    },
  };
}

/** The numbering of the official optim_factory. */
function layerOf(parameter: string, depth: number): number {
  const block = /\.layers\.(\d+)\./.exec(parameter)?.[1];
  if (block !== undefined) return 1 + Number(block);
  return parameter.includes('embed') ? 0 : depth + 1;
}

/** Multi-head self-attention over rows [batch · tokens, width], with a norm before its output projection. */
function attention(
  weights: Tensors,
  name: string,
  x: Tensor2D,
  { batch, heads }: { readonly batch: number; readonly heads: number },
): Tensor2D {
  const [rows, width] = x.shape;
  const split = (projection: string) => {
    const projected = linear(weights, `${name}.${projection}.A`, x);
    const byHead = tf.reshape(projected, [batch, rows / batch, heads, width / heads]);
    return tf.transpose(byHead, [0, 2, 1, 3]) as Tensor4D;
  };
  const mixed = attend(split('q_proj'), split('k_proj'), split('v_proj'));
  return linear(weights, `${name}.out_proj.A`, norm(weights, `${name}.inner_attn_ln.A`, mixed, EPSILON));
}
