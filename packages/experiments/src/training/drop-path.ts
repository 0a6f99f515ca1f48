/** Drop path, also called stochastic depth (Huang et al. 2016, arXiv 1603.09382), over the residual branches of a backbone. */
import { branchMask } from '@clce/backbones';
import type { MaskSpec } from '@clce/engine';

/**
 * The masks of a batch. The probability to drop a branch rises linearly from 0 in the first block to `rate` in the last, as in timm
 * and torchscale.
 *
 * @param branches number of branches, two for each block, in the order of the forward pass
 */
export function dropPathMasks(rate: number, branches: number, images: number): Record<string, MaskSpec> {
  const last = branches / 2 - 1;
  const masks = Array.from({ length: branches }, (_, branch) => {
    const share = last === 0 ? 1 : Math.floor(branch / 2) / last;
    return [branchMask(branch), { shape: [images, 1, 1], keep: 1 - rate * share }] as const;
  });
  return Object.fromEntries(masks);
}
