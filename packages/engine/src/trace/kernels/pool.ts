/**
 * Max pooling, NHWC. Windows that do not overlap (stride = window, no padding) take the maximum of each window row, then
 * the maximum of the row maxima. Overlapping windows take the maximum over patches.
 *
 * The gradient goes to a window's first maximum in row-major order, as in TensorFlow.js and PyTorch. An equality mask
 * alone would count ties several times. The first maximum lies in the first of the best rows, at the first of its best
 * columns.
 */

import type { Shape } from '../../host-tensor.ts';
import { tf } from '../../tf.ts';
import type { Value } from '../graph.ts';
import { kernel } from '../kernel.ts';
import { binary, cast, concat, pad, reshape, slice, transpose, unary } from '../ops.ts';
import { reduce } from '../reduce.ts';
import { addWindows, ensureWithin, windows } from './windows.ts';

interface PoolAttributes {
  readonly filterSize: [number, number] | number;
  readonly strides: [number, number] | number;
  readonly pad: 'valid' | 'same' | number;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

type Geometry = ReturnType<typeof tf.backend_util.computePool2DInfo>;

kernel<PoolAttributes>('MaxPool', ({ inputs, attrs }) => {
  const x = inputs['x']!;
  const geometry = geometryOf(x.shape, attrs);
  if (x.graph.inference) return native(x, geometry);
  const maxima = tiles(geometry) ? maximaOf(x, geometry).ofWindows : overlapping(x, geometry).maxima;
  return reshape(maxima, geometry.outShape);
});

kernel<PoolAttributes>('MaxPoolGrad', ({ inputs, attrs }) => {
  const x = inputs['input']!;
  const dy = inputs['dy']!;
  const geometry = geometryOf(x.shape, attrs);
  if (!tiles(geometry)) {
    const { groups, maxima, paddedShape } = overlapping(x, geometry);
    const toGroups = toFirstMaximum(groups, maxima, reshape(dy, maxima.shape));
    const added = addWindows(
      reshape(toGroups, [groups.shape[0]!, groups.shape[1]! * groups.shape[2]!]),
      geometry,
      paddedShape,
    );
    const { top, left } = geometry.padInfo;
    const [batch, height, width, channels] = x.shape as [number, number, number, number];
    return slice(added, [0, top, left, 0], [batch, top + height, left + width, channels]);
  }
  const { rows, ofRows, windows: groups, ofWindows } = maximaOf(x, geometry);
  const toRows = toFirstMaximum(groups, ofWindows, reshape(dy, ofWindows.shape));
  const toElements = toFirstMaximum(rows, ofRows, reshape(toRows, ofRows.shape));
  const covered = reshape(toElements, coveredShape(x, geometry));
  const rest = x.shape.map((length, axis) => length - covered.shape[axis]!);
  return pad(covered, [0, 0, 0, 0], rest);
});

/** ONNX Runtime's own pooling between two transposes, which its optimiser eliminates. */
function native(x: Value, geometry: Geometry): Value {
  const { padInfo, strideHeight, strideWidth, filterHeight, filterWidth } = geometry;
  const { batchSize, outChannels, outHeight, outWidth } = geometry;
  const { top, left, bottom, right } = padInfo;
  const output = { shape: [batchSize, outChannels, outHeight, outWidth], dtype: x.dtype };
  const [y] = x.graph.node('MaxPool', [transpose(x, [0, 3, 1, 2])], [output], {
    kernel_shape: [filterHeight, filterWidth],
    pads: [top, left, bottom, right],
    strides: [strideHeight, strideWidth],
  });
  return transpose(y!, [0, 2, 3, 1]);
}

function geometryOf(input: Shape, attrs: PoolAttributes): Geometry {
  const geometry = tf.backend_util.computePool2DInfo(
    input as [number, number, number, number],
    attrs.filterSize,
    attrs.strides,
    1,
    attrs.pad,
    attrs.dimRoundingMode,
  );
  ensureWithin(geometry);
  return geometry;
}

function tiles({ filterHeight, filterWidth, strideHeight, strideWidth, padInfo }: Geometry): boolean {
  const { top, bottom, left, right } = padInfo;
  return filterHeight === strideHeight && filterWidth === strideWidth && top + bottom + left + right === 0;
}

/** The maxima of all windows. Axis 1 of `groups` holds the elements of a window. */
function overlapping(x: Value, geometry: Geometry) {
  const { padInfo, filterHeight, filterWidth } = geometry;
  const before = [0, padInfo.top, padInfo.left, 0];
  const padded = pad(x, before, [0, padInfo.bottom, padInfo.right, 0], Number.NEGATIVE_INFINITY);
  const patches = windows(padded, geometry);
  const groups = reshape(patches, [patches.shape[0]!, filterHeight * filterWidth, x.shape[3]!]);
  const paddedShape = padded.shape as [number, number, number, number];
  return { groups, maxima: reduce('ReduceMax', groups, [1]), paddedShape };
}

/** The part of the input that windows reach. */
function coveredShape(x: Value, { filterHeight, filterWidth, outHeight, outWidth }: Geometry): Shape {
  const [batch, , , channels] = x.shape as [number, number, number, number];
  return [batch, outHeight * filterHeight, outWidth * filterWidth, channels];
}

/** The rows of all windows, the windows as groups of row maxima, and the maxima of both. Axis 1 holds a group. */
function maximaOf(x: Value, geometry: Geometry) {
  const { filterHeight, filterWidth, outHeight, outWidth } = geometry;
  const covered = coveredShape(x, geometry);
  const [batch, height, , channels] = covered as [number, number, number, number];
  const used = slice(x, [0, 0, 0, 0], covered);
  const rows = reshape(used, [batch * height * outWidth, filterWidth, channels]);
  const ofRows = reduce('ReduceMax', rows, [1]);
  const windows = reshape(ofRows, [batch * outHeight, filterHeight, outWidth * channels]);
  return { rows, ofRows, windows, ofWindows: reduce('ReduceMax', windows, [1]) };
}

/**
 * The gradient of a maximum over axis 1 of `groups` [n, size, m]: `dy` where a group's maximum first occurs, else 0.
 *
 * @param maxima shape [n, m], as `dy`
 */
function toFirstMaximum(groups: Value, maxima: Value, dy: Value): Value {
  const [count, size, length] = groups.shape as [number, number, number];
  const alongGroup = (value: Value) => reshape(value, [count, 1, length]);
  const equal = binary('Equal', groups, alongGroup(maxima), 'bool');
  const chosen: Value[] = [];
  let taken: Value | undefined;
  for (let place = 0; place < size; place++) {
    const here = slice(equal, [0, place, 0], [count, place + 1, length]);
    const free = taken && unary('Not', taken);
    // Every group has a maximum, so the last place takes the groups that no earlier place has taken.
    const isLast = place === size - 1;
    chosen.push(free === undefined ? here : isLast ? free : binary('And', here, free, 'bool'));
    taken = taken === undefined ? here : isLast ? taken : binary('Or', taken, here, 'bool');
  }
  // With broadcast operands ONNX Runtime's Where passes over the result three times, its Mul once.
  return binary('Mul', cast(concat(chosen, 1), dy.dtype), alongGroup(dy));
}
