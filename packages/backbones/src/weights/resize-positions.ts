/**
 * Learned positions for another image size. The square grid of patch positions is resized like an image: bicubically
 * (Keys 1981), with pixel centres aligned as in torch.nn.functional.interpolate(align_corners=False). Rows of other
 * tokens are kept.
 */

import { float32, type HostTensor } from '@clce/engine';
import { UserError } from '@clce/registry';
import type { PositionTable } from '../backbone.ts';

/**
 * @param table shape [..., rows, width]
 * @param rows of the result, including the rows before the grid
 * @throws UserError where either grid is no square
 */
export function resizePositions(
  table: HostTensor,
  rows: number,
  { before, antialias }: PositionTable,
): HostTensor {
  const { shape, data } = table;
  const [oldRows, width] = shape.slice(-2) as [number, number];
  const [from, to] = [side(oldRows - before), side(rows - before)];
  const taps = tapsOf(from, to, antialias);
  const result = new Float32Array(rows * width);
  result.set((data as Float32Array).subarray(0, before * width));
  for (const [y, vertical] of taps.entries()) {
    for (const [x, horizontal] of taps.entries()) {
      const target = (before + y * to + x) * width;
      for (const [oldY, weightY] of vertical) {
        for (const [oldX, weightX] of horizontal) {
          const source = (before + oldY * from + oldX) * width;
          const weight = weightY * weightX;
          for (let k = 0; k < width; k++) result[target + k]! += weight * data[source + k]!;
        }
      }
    }
  }
  return float32(shape.with(-2, rows), result);
}

function side(patches: number): number {
  const length = Math.sqrt(patches);
  if (!Number.isInteger(length) || length === 0)
    throw new UserError(`${patches} positions are no square grid`);
  return length;
}

/** The old places of each new place, with their weights. */
function tapsOf(from: number, to: number, antialias: boolean): [place: number, weight: number][][] {
  const scale = from / to;
  // PyTorch uses Keys' a = -0.75. With antialiasing it uses -0.5, and the kernel grows with the scale, as in Pillow.
  const stretch = antialias ? Math.max(1, scale) : 1;
  const a = antialias ? -0.5 : -0.75;
  return Array.from({ length: to }, (_, place) => {
    const centre = (place + 0.5) * scale - 0.5;
    const taps: [number, number][] = [];
    for (let old = Math.ceil(centre - 2 * stretch); old <= Math.floor(centre + 2 * stretch); old++) {
      const inside = old >= 0 && old < from;
      // With antialiasing, places outside the grid are dropped. Without it, the edge's value replaces them.
      if (antialias && !inside) continue;
      taps.push([Math.min(Math.max(old, 0), from - 1), cubic(Math.abs(old - centre) / stretch, a)]);
    }
    const total = antialias ? taps.reduce((sum, [, weight]) => sum + weight, 0) : 1;
    return taps.map(([old, weight]) => [old, weight / total]);
  });
}

function cubic(x: number, a: number): number {
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}
