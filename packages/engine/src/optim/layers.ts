/**
 * Fine-tuning by depth. A backbone assigns each parameter to a layer. Layers are numbered as in BEiT (Bao et al. 2022,
 * arXiv 2106.08254, `optim_factory.py`): 0 is the embedding (patches, tokens, positions), 1 … depth are the blocks,
 * depth + 1 is the final norm and the head.
 */
import { EngineError } from '../errors.ts';
import { wholePower } from '../whole-power.ts';

export interface Layering {
  /** Number of blocks. */
  readonly depth: number;
  /** Layer of a parameter, a whole number from 0 to depth + 1. */
  readonly layerOf: (name: string) => number;
}

/**
 * Layer-wise learning-rate decay: the factor of a parameter's learning rate, `decay ^ (depth + 1 - layer)`. The factor
 * of the final norm and the head is 1. AdamW multiplies weight decay by the rate, so weight decay shrinks too, as in
 * BEiT.
 *
 * @param decay in (0, 1], BEiT's 0.65 for example
 */
export function layerDecay(layering: Layering, decay: number): (name: string) => number {
  if (!(decay > 0 && decay <= 1)) throw new EngineError(`layer decay is above 0 and at most 1, not ${decay}`);
  return (name) => wholePower(decay, layering.depth + 1 - checkedLayer(layering, name));
}

function checkedLayer({ depth, layerOf }: Layering, name: string): number {
  const layer = layerOf(name);
  if (!Number.isInteger(layer) || layer < 0 || layer > depth + 1) {
    throw new EngineError(`parameter '${name}' is in layer ${layer}; layers are 0 to ${depth + 1}`);
  }
  return layer;
}
