/** Mixing of training images by pairs: mixup (Zhang et al. 2018, arXiv 1710.09412) and cutmix (Yun et al. 2019, arXiv 1905.04899). */
import { type CounterRandom, RandomOperation } from './random.ts';

/** α of the Beta(α, α) that an image's own share is drawn from, in (0, 1]. With both, each batch takes one or the other. */
export interface Mixing {
  readonly mixup?: number | undefined;
  readonly cutmix?: number | undefined;
}

/** What is done to every pair of a batch. */
export interface Mix {
  /** Share of an image that stays its own, in [0, 1]. */
  readonly ownShare: number;
  /** In pixels, the part that the two exchange; without one, all pixels are averaged. */
  readonly box?: {
    readonly top: number;
    readonly bottom: number;
    readonly left: number;
    readonly right: number;
  };
}

/** Draws set aside for a batch; Jöhnk's rejection needs two or three pairs. */
const DRAWS = 1024;

/**
 * The mix of one batch: a function of seed, epoch and the batch's place in it. As in timm: one mix for the whole batch, and
 * a cutmix box that the image's edge cuts off gives the share that is left of it.
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

/** Both ends of a side around its centre, within the image. */
function span(centre: number, side: number, imageSize: number): [number, number] {
  const half = Math.floor(side / 2);
  return [Math.max(0, centre - half), Math.min(imageSize, centre + half)];
}

/** From Beta(α, α), α ≤ 1, by Jöhnk's rejection (1964). */
function symmetricBeta(alpha: number, unit: () => number): number {
  for (;;) {
    const x = root(unit(), alpha);
    const y = root(unit(), alpha);
    if (x + y <= 1 && x + y > 0) return x / (x + y);
  }
}

/** u ^ (1 / α). Not by `**`, whose last bits depend on the version of Node. */
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
