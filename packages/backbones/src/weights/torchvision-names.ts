/** torchvision's names of tensors where they differ from timm's. ResNets have the same names in both. */
import type { NameMap } from '../backbone.ts';

/**
 * Names of `vit_b_16` and its siblings (torchvision/models/vision_transformer.py). Until torchvision 0.12 the MLP's layers
 * were named linear_1 and linear_2.
 */
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
