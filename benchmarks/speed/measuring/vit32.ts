import { buildVit } from '@clce/backbones';

/** ViT 192×6 for images of 32 × 32: 64 patches of 4 × 4 and a class token. It is the peer's model. */
export const vit32 = buildVit({
  name: 'vit32',
  description: 'ViT 192×6, patches of 4',
  patchSize: 4,
  width: 192,
  depth: 6,
  heads: 3,
  pooling: 'token',
});
