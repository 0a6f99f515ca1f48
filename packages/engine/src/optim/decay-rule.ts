/**
 * Which parameters weight decay leaves alone by default: timm's rule (`param_groups_weight_decay` with a ViT's
 * `no_weight_decay`), which BEiT-3's code follows (microsoft/unilm, beit3/modeling_utils.py). Vectors, that is biases and
 * the scales and shifts of norms; and position and class tokens, which have more than one axis and so go by their name.
 */
const TOKENS = /(^|\.)(pos_embed|cls_token|dist_token|embed_positions\.A\.weight)$/;

/** Whether weight decay applies; a token is known by the end of its dotted name. */
export function timmDecays(name: string, { rank }: { readonly rank: number }): boolean {
  return rank > 1 && !TOKENS.test(name);
}
