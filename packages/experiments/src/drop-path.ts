/** Stochastic depth (Huang et al. 2016, arXiv 1603.09382): which images skip which residual branches, step by step. */
import { counterRandom, RandomOperation } from '@clce/datasets';
import { float32, type HostTensor } from '@clce/engine';

export interface DropPathOptions {
  /** Chance in the last block; it rises linearly from 0 in the first. */
  readonly rate: number;
  /** Two a block, in the order of the forward pass. */
  readonly branches: number;
  readonly images: number;
  readonly seed: number;
}

/**
 * What each branch is multiplied by at a step, [images, branches]: 0, or 1 / (1 − rate), so that the mean stays. A function of
 * the seed, the step and the places alone.
 */
export function dropPathScales({ rate, branches, images, seed }: DropPathOptions, step: number): HostTensor {
  const random = counterRandom(seed);
  const last = branches / 2 - 1;
  const scales = Float32Array.from({ length: images * branches }, (_, at) => {
    const block = Math.floor((at % branches) / 2);
    const kept = 1 - (last === 0 ? rate : (rate * block) / last);
    return random.unit(RandomOperation.dropPath, step, at) < kept ? 1 / kept : 0;
  });
  return float32([images, branches], scales);
}
