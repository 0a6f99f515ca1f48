/**
 * Max pooling over windows that do not overlap (stride = window), NHWC, as an element-wise maximum of strided slices.
 *
 * The gradient goes to the first maximum of a window in row-major order, as TensorFlow.js and PyTorch have it: an
 * equality mask alone would count ties several times.
 */

import { TraceError } from '../../errors.ts';
import type { Shape } from '../../host-tensor.ts';
import { tf } from '../../tf.ts';
import type { Value } from '../graph.ts';
import { kernel } from '../kernel.ts';
import { binary, concat, pad, reshape, slice, unary, where } from '../ops.ts';

interface PoolAttributes {
  readonly filterSize: [number, number] | number;
  readonly strides: [number, number] | number;
  readonly pad: 'valid' | 'same' | number;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

type Geometry = ReturnType<typeof tf.backend_util.computePool2DInfo>;

kernel<PoolAttributes>('MaxPool', ({ inputs, attrs }) => {
  const x = inputs['x']!;
  return windowMaximum(windowElements(x, geometryOf('MaxPool', x.shape, attrs)).flat());
});

kernel<PoolAttributes>('MaxPoolGrad', ({ inputs, attrs }) => {
  const dy = inputs['dy']!;
  const x = inputs['input']!;
  const geometry = geometryOf('MaxPoolGrad', x.shape, attrs);
  const rows = windowElements(x, geometry);
  const maximum = windowMaximum(rows.flat());
  const zero = dy.graph.filled(0, dy.shape, dy.dtype);

  let taken: Value | undefined;
  const rowGradients = rows.map((row) => {
    const gradients = row.map((element) => {
      const equal = binary('Equal', element, maximum, 'bool');
      const first = taken === undefined ? equal : binary('And', equal, unary('Not', taken), 'bool');
      taken = taken === undefined ? equal : binary('Or', taken, equal, 'bool');
      return where(first, dy, zero);
    });
    return interleave(gradients, 2);
  });
  const covered = interleave(rowGradients, 1);
  const rest = x.shape.map((length, axis) => length - covered.shape[axis]!);
  return pad(covered, [0, 0, 0, 0], rest);
});

function geometryOf(op: string, input: Shape, attrs: PoolAttributes): Geometry {
  const shape = input as [number, number, number, number];
  const geometry = tf.backend_util.computePool2DInfo(
    shape,
    attrs.filterSize,
    attrs.strides,
    1,
    attrs.pad,
    attrs.dimRoundingMode,
  );
  const { filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = geometry;
  const padded = padInfo.top + padInfo.bottom + padInfo.left + padInfo.right > 0;
  if (filterHeight !== strideHeight || filterWidth !== strideWidth || padded) {
    throw new TraceError(
      `${op}: windows of ${filterHeight}×${filterWidth} at stride ${strideHeight}×${strideWidth} with pad ` +
        `${JSON.stringify(attrs.pad)} overlap or reach outside; only windows equal to their stride, unpadded, are traced`,
    );
  }
  return geometry;
}

/** Element (row, column) of every window, each [batch, outHeight, outWidth, channels]. */
function windowElements(x: Value, { filterHeight, filterWidth, outHeight, outWidth }: Geometry): Value[][] {
  const [batch, , , channels] = x.shape as [number, number, number, number];
  const end = [batch, outHeight * filterHeight, outWidth * filterWidth, channels];
  return Array.from({ length: filterHeight }, (_, row) =>
    Array.from({ length: filterWidth }, (__, column) =>
      slice(x, [0, row, column, 0], end, [1, filterHeight, filterWidth, 1]),
    ),
  );
}

function windowMaximum(elements: readonly Value[]): Value {
  return elements.reduce((maximum, element) => binary('Max', maximum, element));
}

/** Takes turns along an axis: [a0 a1], [b0 b1] → [a0 b0 a1 b1]. */
function interleave(parts: readonly Value[], axis: number): Value {
  const { shape } = parts[0]!;
  const separate = parts.map((part) => reshape(part, shape.toSpliced(axis + 1, 0, 1)));
  return reshape(concat(separate, axis + 1), shape.with(axis, shape[axis]! * parts.length));
}
