/** Geometric operations: resized windows and affine maps. */
import type { Image } from './image.ts';

/** A window of an image: rows from `top` on, columns from `left` on, in pixels. */
export interface Window {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** Fractional bits of Pillow's weights for 8-bit images. */
const PRECISION_BITS = 22;
const PRECISION = 2 ** PRECISION_BITS;
const HALF = PRECISION / 2;

/**
 * Resizes a window of an image, bilinear with antialiasing. The result equals Pillow's `resize(…, BILINEAR)` of a crop bit
 * for bit (Pillow, src/libImaging/Resample.c).
 */
export function resizedWindow(
  { size: from, pixels }: Image,
  { top, left, height, width }: Window,
  size: number,
): Image {
  const columns = taps(width, size);
  const rows = taps(height, size);
  const narrowed = new Uint8Array(height * size * 3);
  for (let x = 0; x < size; x++) {
    const { first, weights } = columns[x]!;
    for (let y = 0; y < height; y++) {
      let at = 3 * ((top + y) * from + left + first);
      let [red, green, blue] = [HALF, HALF, HALF];
      for (let k = 0; k < weights.length; k++, at += 3) {
        const weight = weights[k]!;
        red += weight * pixels[at]!;
        green += weight * pixels[at + 1]!;
        blue += weight * pixels[at + 2]!;
      }
      const to = 3 * (y * size + x);
      // Sums are below 2^31 and weights add up to one, so no value needs clipping.
      narrowed[to] = red >> PRECISION_BITS;
      narrowed[to + 1] = green >> PRECISION_BITS;
      narrowed[to + 2] = blue >> PRECISION_BITS;
    }
  }
  const width3 = 3 * size;
  const result = new Uint8Array(size * width3);
  const sums = new Int32Array(width3);
  for (let y = 0; y < size; y++) {
    const { first, weights } = rows[y]!;
    sums.fill(HALF);
    for (let k = 0; k < weights.length; k++) {
      const weight = weights[k]!;
      const line = width3 * (first + k);
      for (let at = 0; at < width3; at++) sums[at]! += weight * narrowed[line + at]!;
    }
    for (let at = 0; at < width3; at++) result[width3 * y + at] = sums[at]! >> PRECISION_BITS;
  }
  return { size, pixels: result };
}

interface Taps {
  readonly first: number;
  readonly weights: Int32Array;
}

/** Source positions and weights of each target position: a triangle filter as wide as the scale, at least two pixels. */
function taps(from: number, to: number): Taps[] {
  const scale = from / to;
  const stretch = Math.max(1, scale);
  return Array.from({ length: to }, (_, place) => {
    const centre = (place + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - stretch + 0.5));
    const count = Math.min(from, Math.trunc(centre + stretch + 0.5)) - first;
    const weightAt = (k: number) => Math.max(0, 1 - Math.abs((first + k - centre + 0.5) / stretch));
    let total = 0;
    for (let k = 0; k < count; k++) total += weightAt(k);
    const weights = new Int32Array(count);
    for (let k = 0; k < count; k++) weights[k] = Math.trunc((weightAt(k) / total) * PRECISION + 0.5);
    return { first, weights };
  });
}

export interface AffineMap {
  /** Degrees, counter-clockwise. */
  readonly angle?: number;
  /** Pixels to the right and down. */
  readonly translate?: readonly [x: number, y: number];
  /** Degrees along x and y. */
  readonly shear?: readonly [x: number, y: number];
  /** Fixed point of rotation and shear: the upper left corner, or the middle by default. */
  readonly centre?: 'corner';
}

/**
 * Applies an affine map with nearest neighbours, and black outside the image. Positions are computed like torchvision's for
 * tensors (functional.py, `_get_inverse_affine_matrix`, and `grid_sample` without aligned corners), but in double precision.
 * So a position half-way between two pixels may round to the other one.
 */
export function affine(
  { size, pixels }: Image,
  { angle = 0, translate = [0, 0], shear = [0, 0], centre }: AffineMap,
): Image {
  const radians = (degrees: number) => (degrees * Math.PI) / 180;
  const [rotation, shearX, shearY] = [radians(-angle), radians(shear[0]), radians(shear[1])];
  const middle = centre === 'corner' ? -size / 2 : 0;
  const a = Math.cos(rotation - shearY) / Math.cos(shearY);
  const b = (-Math.cos(rotation - shearY) * Math.tan(shearX)) / Math.cos(shearY) - Math.sin(rotation);
  const c = Math.sin(rotation - shearY) / Math.cos(shearY);
  const d = (-Math.sin(rotation - shearY) * Math.tan(shearX)) / Math.cos(shearY) + Math.cos(rotation);
  const [shiftX, shiftY] = [-middle - translate[0], -middle - translate[1]];
  const [offsetX, offsetY] = [d * shiftX - b * shiftY + middle, -c * shiftX + a * shiftY + middle];
  const result = new Uint8Array(pixels.length);
  const half = size / 2 - 0.5;
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const sourceX = roundHalfEven(d * (x - half) - b * (y - half) + offsetX + half);
      const sourceY = roundHalfEven(-c * (x - half) + a * (y - half) + offsetY + half);
      if (sourceX < 0 || sourceX >= size || sourceY < 0 || sourceY >= size) continue;
      const [to, from] = [3 * (y * size + x), 3 * (sourceY * size + sourceX)];
      for (let channel = 0; channel < 3; channel++) result[to + channel] = pixels[from + channel]!;
    }
  }
  return { size, pixels: result };
}

function roundHalfEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
