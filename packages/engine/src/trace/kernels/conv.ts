/**
 * Two-dimensional convolution, NHWC: one matrix product over patches (im2col).
 *
 * The patches of the forward pass are the same graph value that the filter's gradient needs, so they are built once.
 * The input's gradient is a stride-1 convolution of the (dilated, padded) output gradient with the flipped filter.
 */

import { TraceError } from '../../errors.ts';
import type { Shape } from '../../host-tensor.ts';
import { tf } from '../../tf.ts';
import type { Value } from '../graph.ts';
import { kernel } from '../kernel.ts';
import { gather, matMul, pad, reshape, reverse, slice, transpose } from '../ops.ts';

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
  const geometry = geometryOf('Conv2D', x.shape, filter.shape, attrs);
  const patches = patchesOf(x, geometry);
  const matrix = reshape(filter, [patches.shape[1]!, geometry.outChannels]);
  return reshape(matMul(patches, matrix), geometry.outShape);
});

kernel<ConvAttributes & { filterShape: Shape }>('Conv2DBackpropFilter', ({ inputs, attrs }) => {
  const x = inputs['x']!;
  const dy = inputs['dy']!;
  const geometry = geometryOf('Conv2DBackpropFilter', x.shape, attrs.filterShape, attrs);
  const patches = patchesOf(x, geometry);
  return reshape(
    matMul(patches, reshape(dy, [patches.shape[0]!, geometry.outChannels]), true),
    attrs.filterShape,
  );
});

kernel<ConvAttributes & { inputShape: Shape }>('Conv2DBackpropInput', ({ inputs, attrs }) => {
  const dy = inputs['dy']!;
  const filter = inputs['filter']!;
  const geometry = geometryOf('Conv2DBackpropInput', attrs.inputShape, filter.shape, attrs);
  const { filterHeight, filterWidth, padInfo, strideHeight, strideWidth, inHeight, inWidth } = geometry;
  const [, height, width] = dilatedShape(geometry);
  const before = [0, filterHeight - 1 - padInfo.top, filterWidth - 1 - padInfo.left, 0];
  const after = [
    0,
    inHeight + filterHeight - 1 - height! - before[1]!,
    inWidth + filterWidth - 1 - width! - before[2]!,
    0,
  ];
  const spread = padOrCrop(dilate(dilate(dy, 1, strideHeight), 2, strideWidth), before, after);
  // No other node needs these patches, so ONNX Runtime's own convolution (NCHW) is cheaper than building them.
  const flipped = transpose(reverse(reverse(filter, 0), 1), [2, 3, 0, 1]);
  const output = { shape: [geometry.batchSize, geometry.inChannels, inHeight, inWidth], dtype: dy.dtype };
  const [dx] = dy.graph.node('Conv', [transpose(spread, [0, 3, 1, 2]), flipped], [output]);
  return transpose(dx!, [0, 2, 3, 1]);
});

function geometryOf(op: string, input: Shape, filter: Shape, attrs: ConvAttributes): Geometry {
  const dilations = attrs.dilations ?? 1;
  if (attrs.dataFormat === 'NCHW')
    throw new TraceError(`${op}: the data format NCHW is not supported; use NHWC`);
  if ([dilations].flat().some((dilation) => dilation !== 1)) {
    throw new TraceError(`${op}: dilations [${dilations}] are not supported; use 1, or the eager engine`);
  }
  return tf.backend_util.computeConv2DInfo(
    input as [number, number, number, number],
    filter as [number, number, number, number],
    attrs.strides,
    dilations,
    attrs.pad,
    attrs.dimRoundingMode,
  );
}

/** [batch · outHeight · outWidth, filterHeight · filterWidth · inChannels]. */
function patchesOf(x: Value, geometry: Geometry): Value {
  const { padInfo, filterHeight, filterWidth, outHeight, outWidth, strideHeight, strideWidth } = geometry;
  const padded = pad(x, [0, padInfo.top, padInfo.left, 0], [0, padInfo.bottom, padInfo.right, 0]);
  return windows(padded, filterHeight, filterWidth, outHeight, outWidth, strideHeight, strideWidth);
}

/** One row per output position: a transpose where the windows tile the image, else one gather of pixels. */
function windows(
  x: Value,
  filterHeight: number,
  filterWidth: number,
  outHeight: number,
  outWidth: number,
  strideHeight: number,
  strideWidth: number,
): Value {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const rows = batch * outHeight * outWidth;
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
function dilate(x: Value, axis: number, stride: number): Value {
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

function dilatedShape({
  batchSize,
  outHeight,
  outWidth,
  strideHeight,
  strideWidth,
  outChannels,
}: Geometry): Shape {
  return [batchSize, (outHeight - 1) * strideHeight + 1, (outWidth - 1) * strideWidth + 1, outChannels];
}

/** Negative padding cuts: a filter narrower than its padding or an input tail that no window reached. */
function padOrCrop(x: Value, before: readonly number[], after: readonly number[]): Value {
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
