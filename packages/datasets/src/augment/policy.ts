/**
 * Draws the augmentations of a sample and their parameters. They depend only on the seed, the epoch and the sample's
 * position in that epoch, not on threads or order. Ranges and order are torchvision's (transforms/transforms.py and
 * transforms/autoaugment.py).
 */
import { type CounterRandom, RandomOperation } from '../sampling/random.ts';
import {
  adjustBrightness,
  adjustContrast,
  adjustHue,
  adjustSaturation,
  adjustSharpness,
  autoContrast,
  equalize,
  posterize,
  solarize,
} from './colour.ts';
import { affine, resizedWindow, type Window } from './geometry.ts';
import type { Image } from './image.ts';

export interface Policy {
  /** Range of the cropped share of the area; the window has ratio 3:4 to 4:3 and is resized (Szegedy et al. 2015). */
  readonly resizedCrop?: readonly [least: number, most: number] | undefined;
  /** Maximum changes, in random order: factors of 1 ± value; for hue a share of the circle, at most 1/2. */
  readonly colourJitter?:
    | {
        readonly brightness?: number | undefined;
        readonly contrast?: number | undefined;
        readonly saturation?: number | undefined;
        readonly hue?: number | undefined;
      }
    | undefined;
  /** RandAugment (Cubuk et al. 2020, arXiv 1909.13719): the number of operations, and their magnitude in 0 … 30. */
  readonly randAugment?: { readonly operations: number; readonly magnitude: number } | undefined;
  /** Probability that a rectangle is replaced by the mean colour (Zhong et al. 2020, arXiv 1708.04896). */
  readonly erasing?: number | undefined;
}

/** Address of a sample's random draws. */
export interface Place {
  readonly epoch: number;
  readonly position: number;
}

/** Whether the policy has any augmentation besides crop and flip. */
export function isRich({ resizedCrop, colourJitter, randAugment, erasing }: Policy): boolean {
  return [resizedCrop, colourJitter, randAugment, erasing].some((entry) => entry !== undefined);
}

/** Returns an augmented copy of the image. Erasing is not included. */
export function augmented(image: Image, policy: Policy, random: CounterRandom, place: Place): Image {
  const { resizedCrop, colourJitter, randAugment } = policy;
  let result =
    resizedCrop === undefined
      ? { size: image.size, pixels: Uint8Array.from(image.pixels) }
      : resizedWindow(image, drawWindow(image.size, resizedCrop, random, place), image.size);
  if (colourJitter !== undefined) jitter(result, colourJitter, random, place);
  if (randAugment !== undefined) result = randAugmented(result, randAugment, random, place);
  return result;
}

const TRIES = 10;
const RATIOS = [3 / 4, 4 / 3] as const;

/** torchvision's `RandomResizedCrop.get_params`, for a square image. */
export function drawWindow(
  size: number,
  scale: readonly [number, number],
  random: CounterRandom,
  { epoch, position }: Place,
): Window {
  const whole = { top: 0, left: 0, height: size, width: size };
  return (
    windowOf(size, scale, RATIOS, (from) =>
      random.units(4, RandomOperation.resizedCrop, epoch, position, from),
    ) ?? whole
  );
}

/** The first of ten random windows that fits into the image; undefined where none fits. */
function windowOf(
  size: number,
  scale: readonly [number, number],
  ratios: readonly [number, number],
  unitsFrom: (place: number) => Float64Array,
): Window | undefined {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const units = unitsFrom(4 * attempt);
    const area = size ** 2 * between(scale, units[0]!);
    const ratio = Math.exp(between([Math.log(ratios[0]), Math.log(ratios[1])], units[1]!));
    const width = Math.round(Math.sqrt(area * ratio));
    const height = Math.round(Math.sqrt(area / ratio));
    if (width < 1 || height < 1 || width > size || height > size) continue;
    const top = Math.floor(units[2]! * (size - height + 1));
    const left = Math.floor(units[3]! * (size - width + 1));
    return { top, left, height, width };
  }
  return undefined;
}

function between([least, most]: readonly [number, number], unit: number): number {
  return least + (most - least) * unit;
}

function jitter(
  image: Image,
  { brightness = 0, contrast = 0, saturation = 0, hue = 0 }: NonNullable<Policy['colourJitter']>,
  random: CounterRandom,
  { epoch, position }: Place,
): void {
  const units = random.units(8, RandomOperation.colourJitter, epoch, position);
  const factor = (strength: number, unit: number) => between([Math.max(0, 1 - strength), 1 + strength], unit);
  const operations = [
    () => brightness > 0 && adjustBrightness(image, factor(brightness, units[0]!)),
    () => contrast > 0 && adjustContrast(image, factor(contrast, units[1]!)),
    () => saturation > 0 && adjustSaturation(image, factor(saturation, units[2]!)),
    () => hue > 0 && adjustHue(image, between([-hue, hue], units[3]!)),
  ];
  for (let left = operations.length; left > 0; left--) {
    const [operation] = operations.splice(Math.floor(units[3 + left]! * left), 1);
    operation!();
  }
}

/** Number of magnitudes in RandAugment. */
const MAGNITUDES = 31;

/** An operation of RandAugment at a magnitude in 0 … 30; `sign` chooses between the two directions of an operation. */
type Operation = (image: Image, magnitude: number, sign: 1 | -1) => Image;

const share = (magnitude: number) => magnitude / (MAGNITUDES - 1);
const inPlace =
  (
    change: (image: Image, strength: number) => void,
    strengthOf: (magnitude: number, sign: number) => number,
  ): Operation =>
  (image, magnitude, sign) => {
    change(image, strengthOf(magnitude, sign));
    return image;
  };
const degrees = (radians: number) => (radians * 180) / Math.PI;
const sheared = (magnitude: number, sign: number) => degrees(Math.atan(0.3 * share(magnitude) * sign));
const moved = (size: number, magnitude: number, sign: number) =>
  Math.trunc((150 / 331) * size * share(magnitude) * sign);
const enhanced = (magnitude: number, sign: number) => 1 + 0.9 * share(magnitude) * sign;

/** RandAugment's operations, in torchvision's order. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  Identity: (image) => image,
  ShearX: (image, magnitude, sign) =>
    affine(image, { shear: [sheared(magnitude, sign), 0], centre: 'corner' }),
  ShearY: (image, magnitude, sign) =>
    affine(image, { shear: [0, sheared(magnitude, sign)], centre: 'corner' }),
  TranslateX: (image, magnitude, sign) =>
    affine(image, { translate: [moved(image.size, magnitude, sign), 0] }),
  TranslateY: (image, magnitude, sign) =>
    affine(image, { translate: [0, moved(image.size, magnitude, sign)] }),
  Rotate: (image, magnitude, sign) => affine(image, { angle: 30 * share(magnitude) * sign }),
  Brightness: inPlace(adjustBrightness, enhanced),
  Color: inPlace(adjustSaturation, enhanced),
  Contrast: inPlace(adjustContrast, enhanced),
  Sharpness: inPlace(adjustSharpness, enhanced),
  Posterize: inPlace(posterize, (magnitude) => 8 - Math.round(magnitude / ((MAGNITUDES - 1) / 4))),
  Solarize: inPlace(solarize, (magnitude) => 255 * (1 - share(magnitude))),
  AutoContrast: inPlace(autoContrast, () => 0),
  Equalize: inPlace(equalize, () => 0),
};

function randAugmented(
  image: Image,
  { operations, magnitude }: NonNullable<Policy['randAugment']>,
  random: CounterRandom,
  { epoch, position }: Place,
): Image {
  const choices = Object.values(OPERATIONS);
  const units = random.units(2 * operations, RandomOperation.randAugment, epoch, position);
  let result = image;
  for (let at = 0; at < 2 * operations; at += 2) {
    const operation = choices[Math.floor(units[at]! * choices.length)]!;
    result = operation(result, magnitude, units[at + 1]! < 0.5 ? 1 : -1);
  }
  return result;
}

/** Shares of the area and ratios of the sides in torchvision's `RandomErasing`. */
const ERASED_SHARE = [0.02, 0.33] as const;
const ERASED_RATIO = [0.3, 3.3] as const;

/** The erased rectangle; undefined where the sample is not erased. */
export function drawErased(
  size: number,
  chance: number | undefined,
  random: CounterRandom,
  { epoch, position }: Place,
): Window | undefined {
  if (chance === undefined) return undefined;
  const unitsFrom = (from: number) => random.units(4, RandomOperation.erasing, epoch, position, from);
  if (unitsFrom(4 * TRIES)[0]! >= chance) return undefined;
  return windowOf(size, ERASED_SHARE, ERASED_RATIO, unitsFrom);
}
