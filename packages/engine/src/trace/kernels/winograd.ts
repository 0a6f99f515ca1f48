/**
 * Convolutions of 3 × 3 taps at stride 1 with fewer multiplications (Winograd; Lavin and Gray 2015, arXiv 1509.09308).
 *
 * The image is cut into tiles of m × m outputs. Each tile reads (m + 2)² inputs. Constant matrices transform the input
 * tiles and the filter to (m + 2)² points. At each point, output channels are sums over input channels: (m + 2)² matrix
 * products [tiles, channels] · [channels, outputs]. With m = 4 the products take 4 times fewer multiplications than 9
 * taps. The tiles are 2.25 times as large as the image; patches of 9 taps are 9 times as large.
 *
 * The filter's gradient is the transpose and uses the same input tiles. The input's gradient is the convolution of the
 * output's gradient with the flipped filter. Both round more than the plain sum, and m = 4 rounds more than m = 2;
 * winograd.test.ts bounds the rounding.
 */

import type { Shape } from '../../host-tensor.ts';
import type { Graph, Value } from '../graph.ts';
import { matMul } from '../mat-mul.ts';
import { binary, gather, pad, reshape } from '../ops.ts';
import { fastCorrelation, type Matrix, onBothAxes } from './toom-cook.ts';
import { padOrCrop, type WindowGeometry } from './windows.ts';

const TAPS = 3;

/** With at least this many input and output channels, the tiles' transforms cost less than they save. */
const LEAST_CHANNELS = 16;

/**
 * The points of m = 2 and m = 4. Of the usual choices for m = 4, these points round least (Barabasz, Anderson,
 * Soodhalter and Gregg 2018, arXiv 1803.10986).
 */
const CORRELATIONS = [
  [0, 1, -1],
  [0, 1, -1, 0.5, -2],
].map((points) => fastCorrelation(points, TAPS));

/** How an image is cut into tiles. */
export interface Tiling {
  /** Outputs along each side of a tile. */
  readonly side: number;
  /** Inputs along each side of a tile. */
  readonly reach: number;
  readonly rows: number;
  readonly columns: number;
  readonly input: Matrix;
  readonly filter: Matrix;
  readonly output: Matrix;
}

/** The tiling that takes the fewest multiplications; undefined where the plain sum takes at most as many. */
export function tilingFor(
  geometry: WindowGeometry & { readonly inChannels: number; readonly outChannels: number },
): Tiling | undefined {
  const { filterHeight, filterWidth, strideHeight, strideWidth, outHeight, outWidth } = geometry;
  if (filterHeight !== TAPS || filterWidth !== TAPS || strideHeight !== 1 || strideWidth !== 1)
    return undefined;
  if (Math.min(geometry.inChannels, geometry.outChannels) < LEAST_CHANNELS) return undefined;
  let best: Tiling | undefined;
  let least = TAPS ** 2 * outHeight * outWidth;
  for (const { points, input, filter, output } of CORRELATIONS) {
    const side = output.length;
    const [rows, columns] = [Math.ceil(outHeight / side), Math.ceil(outWidth / side)];
    const multiplications = rows * columns * points ** 2;
    if (multiplications >= least) continue;
    least = multiplications;
    best = {
      side,
      reach: points,
      rows,
      columns,
      input: onBothAxes(input),
      filter: onBothAxes(filter),
      output: onBothAxes(output),
    };
  }
  return best;
}

/** The fields of TensorFlow.js's `Conv2DInfo` that tiles need. */
interface Geometry {
  readonly padInfo: { readonly top: number; readonly left: number };
  readonly inHeight: number;
  readonly inWidth: number;
  readonly outHeight: number;
  readonly outWidth: number;
}

/**
 * @param x [batch, inHeight, inWidth, channels]
 * @param filter [3, 3, channels, outputs]
 * @returns [batch, outHeight, outWidth, outputs]
 */
export function convolve(x: Value, filter: Value, tiling: Tiling, geometry: Geometry): Value {
  const { padInfo, outHeight, outWidth } = geometry;
  const products = matMul(inputTiles(x, tiling, padInfo), filterPoints(filter, tiling.filter));
  return untiled(products, x.shape[0]!, tiling, [outHeight, outWidth]);
}

/**
 * The gradient with respect to the input of {@link convolve}: the convolution of `dy` with the flipped filter, in which
 * input and output channels are exchanged.
 *
 * @param dy [batch, outHeight, outWidth, outputs]
 * @param filter [3, 3, channels, outputs]
 * @param tiling of the input's height and width
 */
export function inputGradient(dy: Value, filter: Value, tiling: Tiling, geometry: Geometry): Value {
  const { padInfo, inHeight, inWidth } = geometry;
  const margin = { top: TAPS - 1 - padInfo.top, left: TAPS - 1 - padInfo.left };
  const flipped = tiling.filter.map((row) => row.toReversed());
  const products = matMul(inputTiles(dy, tiling, margin), filterPoints(filter, flipped), false, true);
  return untiled(products, dy.shape[0]!, tiling, [inHeight, inWidth]);
}

/** The gradient with respect to the filter of {@link convolve}: [3, 3, channels, outputs]. */
export function filterGradient(x: Value, dy: Value, tiling: Tiling, { padInfo }: Geometry): Value {
  const { side, reach, rows, columns } = tiling;
  const [batch, height, width, outputs] = dy.shape as [number, number, number, number];
  const whole = pad(dy, [0, 0, 0, 0], [0, rows * side - height, columns * side - width, 0]);
  const points = times(tiling.output, tiles(whole, tiling, side), true);
  const gradients = reshape(points, [reach ** 2, batch * rows * columns, outputs]);
  const products = matMul(inputTiles(x, tiling, padInfo), gradients, true);
  const channels = x.shape[3]!;
  const taps = times(tiling.filter, reshape(products, [reach ** 2, channels * outputs]), true);
  return reshape(taps, [TAPS, TAPS, channels, outputs]);
}

/** Bᵀ d B of every tile: [reach², tiles, channels]. */
function inputTiles(x: Value, tiling: Tiling, { top, left }: Geometry['padInfo']): Value {
  const { side, reach, rows, columns, input } = tiling;
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const bottom = (rows - 1) * side + reach - top - height;
  const right = (columns - 1) * side + reach - left - width;
  const padded = padOrCrop(x, [0, top, left, 0], [0, bottom, right, 0]);
  return reshape(times(input, tiles(padded, tiling, reach)), [reach ** 2, batch * rows * columns, channels]);
}

/** G g Gᵀ for every pair of channels: [reach², channels, outputs]. */
function filterPoints(filter: Value, matrix: Matrix): Value {
  const [, , channels, outputs] = filter.shape as [number, number, number, number];
  const points = times(matrix, reshape(filter, [TAPS ** 2, channels * outputs]));
  return reshape(points, [matrix.length, channels, outputs]);
}

/** A square of `length` × `length` pixels from the corner of each tile: [length², tiles · channels]. */
function tiles(x: Value, { side, rows, columns }: Tiling, length: number): Value {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const pixels: number[] = [];
  for (let y = 0; y < length; y++) {
    for (let x = 0; x < length; x++) {
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          pixels.push((row * side + y) * width + column * side + x);
        }
      }
    }
  }
  const first = integers(x.graph, [length ** 2, 1, rows * columns], pixels);
  const square = gather(
    reshape(x, [batch * height * width, channels]),
    0,
    ofImages(first, batch, height * width),
  );
  return reshape(square, [length ** 2, batch * rows * columns * channels]);
}

/** Aᵀ m A of every tile, assembled to [batch, height, width, outputs]. */
function untiled(
  products: Value,
  batch: number,
  { side, rows, columns, output }: Tiling,
  [height, width]: readonly [number, number],
): Value {
  const [points, count, outputs] = products.shape as [number, number, number];
  const squares = times(output, reshape(products, [points, count * outputs]));
  const places: number[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const within = (y % side) * side + (x % side);
      places.push(within * count + Math.floor(y / side) * columns + Math.floor(x / side));
    }
  }
  const first = integers(products.graph, [1, height * width], places);
  const image = gather(
    reshape(squares, [side ** 2 * count, outputs]),
    0,
    ofImages(first, batch, rows * columns),
  );
  return reshape(image, [batch, height, width, outputs]);
}

/**
 * The row numbers of all images.
 *
 * @param first row numbers of the first image, [m, 1, n] or [1, n]
 * @param stride rows per image
 */
function ofImages(first: Value, batch: number, stride: number): Value {
  const offsets = Array.from({ length: batch }, (_, image) => image * stride);
  return binary('Add', first, integers(first.graph, [batch, 1], offsets));
}

function integers(graph: Graph, shape: Shape, values: readonly number[]): Value {
  return graph.constant({ dtype: 'int32', shape, data: Int32Array.from(values) });
}

/** `matrix · x`, or `matrixᵀ · x`. The matrix becomes a constant of the graph. */
function times(matrix: Matrix, x: Value, transposed = false): Value {
  const shape = [matrix.length, matrix[0]!.length];
  const constant = x.graph.constant({ dtype: 'float32', shape, data: Float32Array.from(matrix.flat()) });
  return matMul(constant, x, transposed);
}
