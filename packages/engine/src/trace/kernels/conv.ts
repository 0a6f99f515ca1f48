/**
 * Two-dimensional convolution, NHWC. Tiles (winograd.ts) are used where they take fewer multiplications. Otherwise a
 * convolution is one matrix product over patches (im2col). A depthwise convolution is a sum over taps.
 *
 * The forward pass and the filter's gradient share the patches as one graph value, so they are built once. The input's
 * gradient is a stride-1 convolution of the (dilated, padded) output gradient with the flipped filter.
 *
 * An inference graph uses ONNX Runtime's own convolution, which picks a blocked layout for a constant filter.
 */

import { TraceError } from '../../errors.ts';
import { type Shape, sizeOf } from '../../host-tensor.ts';
import { tf } from '../../tf.ts';
import type { Value } from '../graph.ts';
import { kernel } from '../kernel.ts';
import { matMul } from '../mat-mul.ts';
import { binary, concat, pad, reshape, reverse, slice, transpose } from '../ops.ts';
import { reduce } from '../reduce.ts';
import { dilate, ensureWithin, padOrCrop, type WindowGeometry, windows } from './windows.ts';
import { convolve, filterGradient, inputGradient, tilingFor } from './winograd.ts';

interface ConvAttributes {
  readonly strides: [number, number] | number;
  readonly pad: 'valid' | 'same' | number;
  readonly dataFormat: 'NHWC' | 'NCHW';
  readonly dilations?: [number, number] | number;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

type Geometry = ReturnType<typeof tf.backend_util.computeConv2DInfo>;

kernel<ConvAttributes>('Conv2D', ({ inputs, attrs }) => {
  const x = inputs['x']!;
  const filter = inputs['filter']!;
  const geometry = geometryOf(x.shape, filter.shape, attrs);
  if (x.graph.inference) return native(x, filter, geometry, [3, 2, 0, 1], 1);
  const tiling = tilingFor(geometry);
  if (tiling !== undefined) return convolve(x, filter, tiling, geometry);
  const patches = patchesOf(x, geometry);
  const matrix = reshape(filter, [patches.shape[1]!, geometry.outChannels]);
  return reshape(matMul(patches, matrix), geometry.outShape);
});

kernel<ConvAttributes & { filterShape: Shape }>('Conv2DBackpropFilter', ({ inputs, attrs }) => {
  const x = inputs['x']!;
  const dy = inputs['dy']!;
  const geometry = geometryOf(x.shape, attrs.filterShape, attrs);
  const tiling = tilingFor(geometry);
  if (tiling !== undefined) return filterGradient(x, dy, tiling, geometry);
  const patches = patchesOf(x, geometry);
  return reshape(
    matMul(patches, reshape(dy, [patches.shape[0]!, geometry.outChannels]), true),
    attrs.filterShape,
  );
});

kernel<ConvAttributes & { inputShape: Shape }>('Conv2DBackpropInput', ({ inputs, attrs }) => {
  const dy = inputs['dy']!;
  const filter = inputs['filter']!;
  const geometry = geometryOf(attrs.inputShape, filter.shape, attrs);
  const { inHeight, inWidth, inChannels, outChannels } = geometry;
  const tiling = tilingFor({ ...geometry, outHeight: inHeight, outWidth: inWidth });
  if (tiling !== undefined) return inputGradient(dy, filter, tiling, geometry);
  if (isLinear(geometry)) {
    const rows = reshape(dy, [sizeOf(dy.shape) / outChannels, outChannels]);
    const matrix = reshape(filter, [inChannels, outChannels]);
    return reshape(matMul(rows, matrix, false, true), attrs.inputShape);
  }
  const spread = spreadGradient(dy, geometry);
  // No other node needs these patches, so ONNX Runtime's own convolution (NCHW) is cheaper than building them.
  const flipped = transpose(reverse(reverse(filter, 0), 1), [2, 3, 0, 1]);
  const output = { shape: [geometry.batchSize, geometry.inChannels, inHeight, inWidth], dtype: dy.dtype };
  const [dx] = dy.graph.node('Conv', [transpose(spread, [0, 3, 1, 2]), flipped], [output]);
  return transpose(dx!, [0, 2, 3, 1]);
});

kernel<ConvAttributes>('DepthwiseConv2dNative', ({ inputs, attrs }) => {
  const x = inputs['x']!;
  const filter = inputs['filter']!;
  const geometry = geometryOf(x.shape, filter.shape, attrs);
  if (x.graph.inference && filter.shape[3] === 1) {
    return native(
      x,
      filter,
      { ...geometry, outChannels: geometry.inChannels },
      [2, 3, 0, 1],
      geometry.inChannels,
    );
  }
  return depthwise(padded(x, geometry), filter, geometry);
});

kernel<ConvAttributes & { filterShape: Shape }>(
  'DepthwiseConv2dNativeBackpropFilter',
  ({ inputs, attrs }) => {
    const x = inputs['x']!;
    const dy = inputs['dy']!;
    const geometry = geometryOf(x.shape, attrs.filterShape, attrs);
    const sums = tapsOf(padded(x, geometry), geometry).map((tap) =>
      reshape(reduce('ReduceSum', binary('Mul', tap, dy), [0, 1, 2]), [1, geometry.inChannels]),
    );
    return reshape(concat(sums, 0), attrs.filterShape);
  },
);

kernel<ConvAttributes & { inputShape: Shape }>('DepthwiseConv2dNativeBackpropInput', ({ inputs, attrs }) => {
  const dy = inputs['dy']!;
  const filter = inputs['filter']!;
  const geometry = geometryOf(attrs.inputShape, filter.shape, attrs);
  const { inHeight, inWidth } = geometry;
  const flipped = reverse(reverse(filter, 0), 1);
  const dense = { ...geometry, outHeight: inHeight, outWidth: inWidth, strideHeight: 1, strideWidth: 1 };
  return depthwise(spreadGradient(dy, geometry), flipped, dense);
});

/**
 * ONNX Runtime's own convolution between two transposes, which its optimiser eliminates. A constant filter is transposed
 * here (`perm`), so that the constants per channel that follow can be folded into it.
 */
function native(x: Value, filter: Value, geometry: Geometry, perm: readonly number[], group: number): Value {
  const { padInfo, strideHeight, strideWidth, batchSize, outChannels, outHeight, outWidth } = geometry;
  const { top, left, bottom, right } = padInfo;
  const output = { shape: [batchSize, outChannels, outHeight, outWidth], dtype: x.dtype };
  const [y] = x.graph.node('Conv', [transpose(x, [0, 3, 1, 2]), transpose(filter, perm)], [output], {
    group,
    pads: [top, left, bottom, right],
    strides: [strideHeight, strideWidth],
  });
  return transpose(y!, [0, 2, 3, 1]);
}

/** Whether the convolution has one tap and stride 1, so that it treats every pixel alone. */
function isLinear(geometry: Geometry): boolean {
  const { filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = geometry;
  const { top, left, bottom, right } = padInfo;
  return (
    Math.max(filterHeight, filterWidth, strideHeight, strideWidth) === 1 && top + left + bottom + right === 0
  );
}

/** The sum over taps of a slice of `x` times the tap's row of weights. The filter is [height, width, channels, 1]. */
function depthwise(x: Value, filter: Value, geometry: WindowGeometry): Value {
  const [height, width, channels, multiplier] = filter.shape as [number, number, number, number];
  if (multiplier !== 1) {
    throw new TraceError(`${multiplier} outputs a channel are not supported; use 1, or the eager engine`);
  }
  const weights = reshape(filter, [height * width, channels]);
  return tapsOf(x, geometry)
    .map((tap, k) => binary('Mul', tap, reshape(slice(weights, [k, 0], [k + 1, channels]), [channels])))
    .reduce((sum, part) => binary('Add', sum, part));
}

/** The input slice of each tap of the filter, in row-major order: [batch, outHeight, outWidth, channels] each. */
function tapsOf(x: Value, geometry: WindowGeometry): Value[] {
  const { filterHeight, filterWidth, outHeight, outWidth, strideHeight, strideWidth } = geometry;
  const [batch, , , channels] = x.shape as [number, number, number, number];
  const taps: Value[] = [];
  for (let row = 0; row < filterHeight; row++) {
    for (let column = 0; column < filterWidth; column++) {
      const endRow = row + (outHeight - 1) * strideHeight + 1;
      const endColumn = column + (outWidth - 1) * strideWidth + 1;
      const end = [batch, endRow, endColumn, channels];
      taps.push(slice(x, [0, row, column, 0], end, [1, strideHeight, strideWidth, 1]));
    }
  }
  return taps;
}

/** The output's gradient, dilated by the stride and padded. A stride-1 convolution of it is the input's gradient. */
function spreadGradient(dy: Value, geometry: Geometry): Value {
  const { filterHeight, filterWidth, padInfo, strideHeight, strideWidth, inHeight, inWidth } = geometry;
  const spread = dilate(dilate(dy, 1, strideHeight), 2, strideWidth);
  const [, height, width] = spread.shape as [number, number, number];
  const before = [0, filterHeight - 1 - padInfo.top, filterWidth - 1 - padInfo.left, 0];
  const after = [
    0,
    inHeight + filterHeight - 1 - height - before[1]!,
    inWidth + filterWidth - 1 - width - before[2]!,
    0,
  ];
  return padOrCrop(spread, before, after);
}

function geometryOf(input: Shape, filter: Shape, attrs: ConvAttributes): Geometry {
  const dilations = attrs.dilations ?? 1;
  if (attrs.dataFormat === 'NCHW') throw new TraceError('the data format NCHW is not supported; use NHWC');
  if ([dilations].flat().some((dilation) => dilation !== 1)) {
    throw new TraceError(`dilations [${dilations}] are not supported; use 1, or the eager engine`);
  }
  const geometry = tf.backend_util.computeConv2DInfo(
    input as [number, number, number, number],
    filter as [number, number, number, number],
    attrs.strides,
    dilations,
    attrs.pad,
    attrs.dimRoundingMode,
  );
  ensureWithin(geometry);
  return geometry;
}

/** [batch · outHeight · outWidth, filterHeight · filterWidth · inChannels]. */
function patchesOf(x: Value, geometry: Geometry): Value {
  return windows(padded(x, geometry), geometry);
}

function padded(x: Value, { padInfo }: Geometry): Value {
  return pad(x, [0, padInfo.top, padInfo.left, 0], [0, padInfo.bottom, padInfo.right, 0]);
}
