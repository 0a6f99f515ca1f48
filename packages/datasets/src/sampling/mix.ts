/** Mixes pairs of training images: mixup (Zhang et al. 2018, arXiv 1710.09412) and cutmix (Yun et al. 2019, arXiv 1905.04899). */
import { type CounterRandom, RandomOperation } from './random.ts';

/** Each α, in (0, 1], is that of the Beta(α, α) distribution of an image's own share. If both are given, each batch draws one. */
export interface Mixing {
  readonly mixup?: number | undefined;
  readonly cutmix?: number | undefined;
}

/** The mix of every pair in a batch. */
export interface Mix {
  /** An image's own share of the result, in [0, 1]. */
  readonly ownShare: number;
  /** The box that the two images exchange, in pixels. Without a box, all pixels are averaged. */
  readonly box?: {
    readonly top: number;
    readonly bottom: number;
    readonly left: number;
    readonly right: number;
  };
}

/** Random draws reserved for a batch. Jöhnk's rejection needs two or three pairs of draws. */
const DRAWS = 1024;

/**
 * Draws the mix of one batch. It depends only on the seed, the epoch and the batch's position in the epoch. As in timm, the
 * whole batch has one mix, and the share is computed from the part of the cutmix box inside the image.
 */
export function drawMix(
  random: CounterRandom,
  { mixup, cutmix }: Mixing,
  imageSize: number,
  epoch: number,
  batch: number,
): Mix | undefined {
  let draw = batch * DRAWS;
  const unit = (): number => random.unit(RandomOperation.mix, epoch, draw++);
  const below = (bound: number): number => random.below(bound, RandomOperation.mix, epoch, draw++);
  const cuts = below(2) === 0;
  if (cutmix !== undefined && (cuts || mixup === undefined)) {
    const side = Math.floor(imageSize * Math.sqrt(1 - symmetricBeta(cutmix, unit)));
    const [top, bottom] = span(below(imageSize), side, imageSize);
    const [left, right] = span(below(imageSize), side, imageSize);
    const ownShare = 1 - ((bottom - top) * (right - left)) / imageSize ** 2;
    return { ownShare, box: { top, bottom, left, right } };
  }
  return mixup === undefined ? undefined : { ownShare: symmetricBeta(mixup, unit) };
}

/** Start and end of a side around its centre, clipped to the image. */
function span(centre: number, side: number, imageSize: number): [number, number] {
  const half = Math.floor(side / 2);
  return [Math.max(0, centre - half), Math.min(imageSize, centre + half)];
}

/** Draws from Beta(α, α), α ≤ 1, by Jöhnk's rejection (1964). */
function symmetricBeta(alpha: number, unit: () => number): number {
  for (;;) {
    const x = root(unit(), alpha);
    const y = root(unit(), alpha);
    if (x + y <= 1 && x + y > 0) return x / (x + y);
  }
}

/** u ^ (1 / α). It avoids `**`, because the last bits of `**` depend on the version of Node. */
function root(u: number, alpha: number): number {
  return Math.exp(Math.log(u) / alpha);
}

/**
 * Mixes image i with image count − 1 − i, in place.
 *
 * @param images shape (count, imageSize, imageSize, channels)
 */
export function mixPairs(
  images: Float32Array,
  count: number,
  imageSize: number,
  { ownShare, box }: Mix,
): void {
  const length = images.length / count;
  const row = length / imageSize;
  const [from, to] =
    box === undefined ? [0, row] : [(box.left * row) / imageSize, (box.right * row) / imageSize];
  const share = box === undefined ? ownShare : 0;
  for (let i = 0; i < count - 1 - i; i++) {
    const [one, other] = [i * length, (count - 1 - i) * length];
    for (let y = box?.top ?? 0; y < (box?.bottom ?? imageSize); y++) {
      for (let at = y * row + from; at < y * row + to; at++) {
        const [a, b] = [images[one + at]!, images[other + at]!];
        images[one + at] = share * a + (1 - share) * b;
        images[other + at] = share * b + (1 - share) * a;
      }
    }
  }
}
