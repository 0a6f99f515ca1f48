/**
 * Colour operations with torchvision's arithmetic for uint8 tensors (torchvision 0.14, transforms/functional_tensor.py):
 * single precision, and results truncated except where torchvision rounds.
 */
import type { Image } from './image.ts';

const { fround } = Math;
const BOUND = 255;

/** factor · image + (1 − factor) · other, with the same number `other` for all elements. */
function blendWith({ pixels }: Image, factor: number, other: number): void {
  const [own, rest] = [fround(factor), fround(1 - factor)];
  const offset = fround(rest * other);
  // A table of the 256 levels is faster than the arithmetic.
  const levels = Uint8ClampedArray.from({ length: 256 }, (_, level) =>
    Math.trunc(fround(fround(own * level) + offset)),
  );
  for (let at = 0; at < pixels.length; at++) pixels[at] = levels[pixels[at]!]!;
}

/** factor · image + (1 − factor) · other, element by element. */
function blend({ pixels }: Image, factor: number, other: Uint8Array): void {
  const [own, rest] = [fround(factor), fround(1 - factor)];
  for (let at = 0; at < pixels.length; at++) {
    const sum = fround(fround(own * pixels[at]!) + fround(rest * other[at]!));
    pixels[at] = Math.min(BOUND, Math.max(0, sum));
  }
}

/** ITU-R BT.601 luma of the pixel whose red is at `at`. */
function greyAt(pixels: Uint8Array, at: number): number {
  const redGreen = fround(fround(fround(0.2989) * pixels[at]!) + fround(fround(0.587) * pixels[at + 1]!));
  return Math.trunc(fround(redGreen + fround(fround(0.114) * pixels[at + 2]!)));
}

/** @param factor 0 is black, 1 the image itself */
export function adjustBrightness(image: Image, factor: number): void {
  blendWith(image, factor, 0);
}

/** @param factor 0 is the mean grey everywhere */
export function adjustContrast(image: Image, factor: number): void {
  const { pixels } = image;
  let sum = 0;
  for (let at = 0; at < pixels.length; at += 3) sum += greyAt(pixels, at);
  blendWith(image, factor, fround(sum / (pixels.length / 3)));
}

/** @param factor 0 is grey */
export function adjustSaturation(image: Image, factor: number): void {
  const { pixels } = image;
  const greys = new Uint8Array(pixels.length);
  for (let at = 0; at < pixels.length; at += 3) greys.fill(greyAt(pixels, at), at, at + 3);
  blend(image, factor, greys);
}

/** Rotates the hue. @param turn share of the full circle, in [−1/2, 1/2] */
export function adjustHue({ pixels }: Image, turn: number): void {
  // The result is truncated, so the last bit can decide a level: each operation is rounded to single precision as in torchvision.
  const f = fround;
  for (let at = 0; at < pixels.length; at += 3) {
    const [r, g, b] = [f(pixels[at]! / BOUND), f(pixels[at + 1]! / BOUND), f(pixels[at + 2]! / BOUND)];
    const [value, least] = [Math.max(r, g, b), Math.min(r, g, b)];
    const chroma = f(value - least);
    const saturation = chroma === 0 ? 0 : f(chroma / value);
    const divisor = chroma === 0 ? 1 : chroma;
    const fromMost = (channel: number) => f(f(value - channel) / divisor);
    const [fromR, fromG, fromB] = [fromMost(r), fromMost(g), fromMost(b)];
    const sixths =
      value === r ? f(fromB - fromG) : value === g ? f(f(2 + fromR) - fromB) : f(f(4 + fromG) - fromR);
    const hue = fraction(f(f(f(f(sixths / 6) + 1) % 1) + f(turn)));
    const sector = Math.floor(f(hue * 6));
    const part = f(f(hue * 6) - sector);
    const scaled = (share: number) => Math.min(1, Math.max(0, f(value * f(1 - share))));
    const p = scaled(saturation);
    const q = scaled(f(saturation * part));
    const t = scaled(f(saturation * f(1 - part)));
    const rgb = [
      [value, t, p],
      [q, value, p],
      [p, value, t],
      [p, q, value],
      [t, p, value],
      [value, p, q],
    ][sector % 6]!;
    for (let channel = 0; channel < 3; channel++) pixels[at + channel] = f(rgb[channel]! * BOUND);
  }
}

function fraction(value: number): number {
  return fround(value - Math.floor(value));
}

/** @param factor 0 is a 3 × 3 blur, 1 the image itself, 2 sharpens it by the same amount */
export function adjustSharpness(image: Image, factor: number): void {
  const { size, pixels } = image;
  if (size <= 2) return;
  const blurred = Uint8Array.from(pixels);
  const row = 3 * size;
  for (let y = 1; y < size - 1; y++) {
    for (let at = y * row + 3; at < (y + 1) * row - 3; at++) {
      let sum = 4 * pixels[at]!;
      for (const above of [at - row, at, at + row])
        sum += pixels[above - 3]! + pixels[above]! + pixels[above + 3]!;
      blurred[at] = Math.round(sum / 13);
    }
  }
  blend(image, factor, blurred);
}

/** Keeps the upper `bits` bits of every element. */
export function posterize({ pixels }: Image, bits: number): void {
  const mask = -(2 ** (8 - bits));
  for (let at = 0; at < pixels.length; at++) pixels[at]! &= mask;
}

/** Inverts every element that is at least `threshold`. */
export function solarize({ pixels }: Image, threshold: number): void {
  for (let at = 0; at < pixels.length; at++) {
    if (pixels[at]! >= threshold) pixels[at] = BOUND - pixels[at]!;
  }
}

/** Stretches each channel to the full range. */
export function autoContrast({ pixels }: Image): void {
  for (let channel = 0; channel < 3; channel++) {
    let [least, most] = [BOUND, 0];
    for (let at = channel; at < pixels.length; at += 3) {
      least = Math.min(least, pixels[at]!);
      most = Math.max(most, pixels[at]!);
    }
    if (least === most) continue;
    const scale = fround(BOUND / (most - least));
    for (let at = channel; at < pixels.length; at += 3) {
      pixels[at] = Math.min(BOUND, fround((pixels[at]! - least) * scale));
    }
  }
}

/** Equalises the histogram of each channel. */
export function equalize({ pixels }: Image): void {
  for (let channel = 0; channel < 3; channel++) {
    const counts = new Uint32Array(256);
    for (let at = channel; at < pixels.length; at += 3) counts[pixels[at]!]!++;
    const last = counts.findLast((count) => count > 0) ?? 0;
    const step = Math.floor((pixels.length / 3 - last) / BOUND);
    if (step === 0) continue;
    const levels = new Uint8Array(256);
    let before = 0;
    for (let level = 0; level < 256; level++) {
      levels[level] = level === 0 ? 0 : Math.min(BOUND, Math.floor((before + Math.floor(step / 2)) / step));
      before += counts[level]!;
    }
    for (let at = channel; at < pixels.length; at += 3) pixels[at] = levels[pixels[at]!]!;
  }
}
