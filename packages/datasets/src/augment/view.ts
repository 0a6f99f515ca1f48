import { type Dataset, imageAt } from '../dataset.ts';
import { type ChannelStatistics, imageWriter } from '../sampling/normalise.ts';
import type { CounterRandom } from '../sampling/random.ts';
import type { Window } from './geometry.ts';
import { type Augmentation, drawPlacement } from './placement.ts';
import { augmented, drawErased, isRich, type Place } from './policy.ts';

/** Writes the augmented and normalised view of a sample into `out` at `offset`. `place` determines the augmentation. */
export type ViewWriter = (row: number, place: Place, out: Float32Array, offset: number) => void;

export function viewWriter(
  dataset: Dataset,
  statistics: ChannelStatistics,
  augmentation: Augmentation,
  random: CounterRandom,
): ViewWriter {
  const { imageSize: size } = dataset;
  const write = imageWriter(size, statistics);
  const rich = isRich(augmentation);
  return (row, place, out, offset) => {
    const pixels = imageAt(dataset, row);
    const seen = rich ? augmented({ size, pixels }, augmentation, random, place).pixels : pixels;
    write(seen, drawPlacement(random, augmentation, size, place.epoch, place.position), out, offset);
    const erased = drawErased(size, augmentation.erasing, random, place);
    if (erased !== undefined) erase(out, offset, size, erased);
  };
}

/** Fills a window with 0, the mean colour of normalised images. */
function erase(out: Float32Array, offset: number, size: number, { top, left, height, width }: Window): void {
  for (let y = top; y < top + height; y++) {
    const from = offset + 3 * (y * size + left);
    out.fill(0, from, from + 3 * width);
  }
}
