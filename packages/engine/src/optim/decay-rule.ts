/**
 * The parameters that are exempt from weight decay by default: timm's rule (`param_groups_weight_decay` with a ViT's
 * `no_weight_decay`), which BEiT-3's code follows (microsoft/unilm, beit3/modeling_utils.py). Vectors are exempt: biases,
 * and the scales and shifts of norms. Position and class tokens are exempt too; they have more than one axis, so their
 * names identify them.
 */
const TOKENS = /(^|\.)(pos_embed|cls_token|dist_token|embed_positions\.A\.weight)$/;

/** Whether weight decay applies. The end of a dotted name identifies a token. */
export function timmDecays(name: string, { rank }: { readonly rank: number }): boolean {
  return rank > 1 && !TOKENS.test(name);
}
