/**
 * torchvision's names of tensors, where they are not timm's (torchvision/models/vision_transformer.py and
 * mobilenetv2.py). ResNets share theirs.
 */
import type { NameMap } from '../backbone.ts';

/** `vit_b_16` and its kin; the MLP's layers were called linear_1 and linear_2 until torchvision 0.12. */
export const torchvisionVit: NameMap = (name) => {
  const found = /^encoder\.layers\.encoder_layer_(\d+)\.(.+)$/.exec(name);
  if (found === null) return VIT_OUTSIDE.get(name);
  const inside = VIT_BLOCK.get(
    found[2]!.replace(/^mlp\.linear_(\d)/, (_, k: string) => `mlp.${(Number(k) - 1) * 3}`),
  );
  return inside === undefined ? undefined : `blocks.${found[1]}.${inside}`;
};

const VIT_OUTSIDE: ReadonlyMap<string, string> = new Map(
  Object.entries({
    class_token: 'cls_token',
    'conv_proj.weight': 'patch_embed.proj.weight',
    'conv_proj.bias': 'patch_embed.proj.bias',
    'encoder.pos_embedding': 'pos_embed',
    'encoder.ln.weight': 'norm.weight',
    'encoder.ln.bias': 'norm.bias',
    'heads.head.weight': 'head.weight',
    'heads.head.bias': 'head.bias',
  }),
);

const VIT_BLOCK: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'ln_1.weight': 'norm1.weight',
    'ln_1.bias': 'norm1.bias',
    'self_attention.in_proj_weight': 'attn.qkv.weight',
    'self_attention.in_proj_bias': 'attn.qkv.bias',
    'self_attention.out_proj.weight': 'attn.proj.weight',
    'self_attention.out_proj.bias': 'attn.proj.bias',
    'ln_2.weight': 'norm2.weight',
    'ln_2.bias': 'norm2.bias',
    'mlp.0.weight': 'mlp.fc1.weight',
    'mlp.0.bias': 'mlp.fc1.bias',
    'mlp.3.weight': 'mlp.fc2.weight',
    'mlp.3.bias': 'mlp.fc2.bias',
  }),
);

/** `mobilenet_v2`: blocks are counted through, and a block's layers are a sequence. */
export const torchvisionMobileNetV2: NameMap = (name) => {
  const [, place, rest] = /^features\.(\d+)\.(.+)$/.exec(name) ?? [];
  if (place === undefined) return name.replace(/^classifier\.1\./, 'head.');
  const index = Number(place);
  const [layer, last] = [rest!.slice(0, rest!.lastIndexOf('.')), rest!.slice(rest!.lastIndexOf('.'))];
  const parts = index === 0 ? ['conv_stem', 'bn1'] : index === 18 ? ['conv_head', 'bn2'] : undefined;
  if (parts !== undefined) return layer === '0' || layer === '1' ? parts[Number(layer)]! + last : undefined;
  const inside = index === 1 ? MOBILENET_FIRST.get(layer) : MOBILENET_BLOCK.get(layer);
  const block = MOBILENET_BLOCKS[index - 1];
  return inside === undefined || block === undefined ? undefined : `${block}.${inside}${last}`;
};

const MOBILENET_BLOCKS: readonly string[] = [1, 2, 3, 4, 3, 3, 1].flatMap((count, stage) =>
  Array.from({ length: count }, (_, index) => `blocks.${stage}.${index}`),
);

const MOBILENET_FIRST: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'conv.0.0': 'conv_dw',
    'conv.0.1': 'bn1',
    'conv.1': 'conv_pw',
    'conv.2': 'bn2',
  }),
);

const MOBILENET_BLOCK: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'conv.0.0': 'conv_pw',
    'conv.0.1': 'bn1',
    'conv.1.0': 'conv_dw',
    'conv.1.1': 'bn2',
    'conv.2': 'conv_pwl',
    'conv.3': 'bn3',
  }),
);
