/** Sliding windows over NHWC images and their transpose, shared by convolutions and pools. */

import { ensure } from '../checks.ts';
import type { Value } from '../graph.ts';
import { binary, gather, pad, reshape, slice, transpose } from '../ops.ts';

/** Windows of `filterHeight × filterWidth` pixels over a padded image. */
export interface WindowGeometry {
  readonly filterHeight: number;
  readonly filterWidth: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly strideHeight: number;
  readonly strideWidth: number;
}

interface Image {
  readonly inHeight: number;
  readonly inWidth: number;
  readonly padInfo: {
    readonly top: number;
    readonly bottom: number;
    readonly left: number;
    readonly right: number;
  };
}

/**
 * Fails unless there are windows and all lie within the padded image. A geometry that rounds up has windows that reach
 * beyond the image, into the next row.
 */
export function ensureWithin(geometry: WindowGeometry & Image): void {
  const { filterHeight, filterWidth, outHeight, outWidth, strideHeight, strideWidth, padInfo } = geometry;
  const height = geometry.inHeight + padInfo.top + padInfo.bottom;
  const width = geometry.inWidth + padInfo.left + padInfo.right;
  const reachedHeight = (outHeight - 1) * strideHeight + filterHeight;
  const reachedWidth = (outWidth - 1) * strideWidth + filterWidth;
  ensure(
    outHeight > 0 && outWidth > 0 && reachedHeight <= height && reachedWidth <= width,
    () =>
      `${outHeight} × ${outWidth} windows of ${filterHeight} × ${filterWidth} with stride ${strideHeight} × ` +
      `${strideWidth} do not fit into the padded image of ${height} × ${width}`,
  );
}

/**
 * The windows, one row per output position: [batch · outHeight · outWidth, filterHeight · filterWidth · channels].
 * Windows that tile the image are a transpose. Others are one gather of pixels.
 */
export function windows(
  x: Value,
  { filterHeight, filterWidth, outHeight, outWidth, strideHeight, strideWidth }: WindowGeometry,
): Value {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const rows = batch * outHeight * outWidth;
  if (rows === batch * height * width && filterHeight * filterWidth === 1)
    return reshape(x, [rows, channels]);
  const tiled = height === outHeight * filterHeight && width === outWidth * filterWidth;
  if (tiled && strideHeight === filterHeight && strideWidth === filterWidth) {
    const grid = reshape(x, [batch, outHeight, filterHeight, outWidth, filterWidth, channels]);
    return reshape(transpose(grid, [0, 1, 3, 2, 4, 5]), [rows, filterHeight * filterWidth * channels]);
  }
  const pixels: number[] = [];
  for (let y = 0; y < outHeight; y++) {
    for (let x = 0; x < outWidth; x++) {
      for (let row = 0; row < filterHeight; row++) {
        for (let column = 0; column < filterWidth; column++) {
          pixels.push((y * strideHeight + row) * width + x * strideWidth + column);
        }
      }
    }
  }
  const patches = gather(reshape(x, [batch, height * width, channels]), 1, pixels);
  return reshape(patches, [rows, filterHeight * filterWidth * channels]);
}

/** `stride - 1` zeros between the elements of an axis: [a, b] → [a, 0, b] for stride 2. */
export function dilate(x: Value, axis: number, stride: number): Value {
  const length = x.shape[axis]!;
  if (stride === 1 || length === 1) return x;
  const separate = reshape(x, x.shape.toSpliced(axis + 1, 0, 1));
  const none = separate.shape.map(() => 0);
  const spread = pad(separate, none, none.with(axis + 1, stride - 1));
  const merged = reshape(spread, x.shape.with(axis, length * stride));
  return slice(
    merged,
    merged.shape.map(() => 0),
    merged.shape.with(axis, (length - 1) * stride + 1),
  );
}

/**
 * Pads, and crops where the padding is negative. It is negative for a filter narrower than its padding and for an input
 * tail that no window reaches.
 */
export function padOrCrop(x: Value, before: readonly number[], after: readonly number[]): Value {
  const cut = slice(
    x,
    before.map((count) => Math.max(0, -count)),
    x.shape.map((length, axis) => length - Math.max(0, -after[axis]!)),
  );
  return pad(
    cut,
    before.map((count) => Math.max(0, count)),
    after.map((count) => Math.max(0, count)),
  );
}

/**
 * The transpose of {@link windows}: adds every window's elements to the pixels that they came from.
 *
 * @param x shape [batch · outHeight · outWidth, filterHeight · filterWidth · channels]
 * @param shape of the (padded) image
 */
export function addWindows(
  x: Value,
  { filterHeight, filterWidth, outHeight, outWidth, strideHeight, strideWidth }: WindowGeometry,
  shape: readonly [number, number, number, number],
): Value {
  const [batch, height, width, channels] = shape;
  const taps = reshape(x, [batch, outHeight, outWidth, filterHeight * filterWidth, channels]);
  const parts: Value[] = [];
  for (let row = 0; row < filterHeight; row++) {
    for (let column = 0; column < filterWidth; column++) {
      const tap = row * filterWidth + column;
      const one = slice(taps, [0, 0, 0, tap, 0], [batch, outHeight, outWidth, tap + 1, channels]);
      const grid = reshape(one, [batch, outHeight, outWidth, channels]);
      const spread = dilate(dilate(grid, 1, strideHeight), 2, strideWidth);
      const [, spreadHeight, spreadWidth] = spread.shape as [number, number, number];
      const after = [0, height - row - spreadHeight, width - column - spreadWidth, 0];
      parts.push(pad(spread, [0, row, column, 0], after));
    }
  }
  return parts.reduce((sum, part) => binary('Add', sum, part));
}
