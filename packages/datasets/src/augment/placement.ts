import { type CounterRandom, RandomOperation } from '../sampling/random.ts';
import type { Policy } from './policy.ts';

/** Augmentation of training images. Crop and flip are usual for 32×32 images (He et al., CVPR 2016, section 4.2). */
export interface Augmentation extends Policy {
  /** Pad each side by an eighth of the image, then crop a window of the original size at a random position. */
  crop: boolean;
  /** Mirror horizontally with probability 1/2. */
  flip: boolean;
}

/** Position of the window in pixels from the image's corner (negative: in the padding), and whether it is mirrored. */
export interface Placement {
  top: number;
  left: number;
  flip: boolean;
}

/** The placement of one sample. It depends only on the seed, the epoch and the sample's position in that epoch. */
export function drawPlacement(
  random: CounterRandom,
  augmentation: Augmentation,
  imageSize: number,
  epoch: number,
  position: number,
): Placement {
  const padding = augmentation.crop ? Math.floor(imageSize / 8) : 0;
  const places = 2 * padding + 1;
  return {
    top: random.below(places, RandomOperation.cropTop, epoch, position) - padding,
    left: random.below(places, RandomOperation.cropLeft, epoch, position) - padding,
    flip: augmentation.flip && random.below(2, RandomOperation.flip, epoch, position) === 1,
  };
}
