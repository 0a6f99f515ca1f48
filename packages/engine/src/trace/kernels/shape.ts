/** Kernels that move elements without changing them. */

import { TraceError } from '../../errors.ts';
import { type ElementType, sizeOf } from '../../host-tensor.ts';
import { backend } from '../backend.ts';
import { axisOf, ensure } from '../checks.ts';
import { kernel } from '../kernel.ts';
import {
  binary,
  concat,
  elementsAt,
  expand,
  pad,
  reshape,
  reverse,
  slice,
  split,
  transpose,
  where,
  withElementsAt,
  withRowsFrom,
} from '../ops.ts';

kernel<{ shape: readonly number[] }>('Reshape', ({ inputs, attrs }) => {
  const x = inputs['x']!;
  const known = attrs.shape.reduce((product, length) => (length < 0 ? product : product * length), 1);
  return reshape(
    x,
    attrs.shape.map((length) => (length < 0 ? sizeOf(x.shape) / known : length)),
  );
});

kernel<{ dim: number }>('ExpandDims', ({ inputs, attrs }) => {
  const x = inputs['input']!;
  return reshape(x, x.shape.toSpliced(axisOf(x.shape.length + 1, attrs.dim), 0, 1));
});

kernel<{ perm: readonly number[] }>('Transpose', ({ inputs, attrs }) => transpose(inputs['x']!, attrs.perm));

kernel<{ begin: number | readonly number[]; size: number | readonly number[] }>(
  'Slice',
  ({ inputs, attrs }) => {
    const x = inputs['x']!;
    const starts = [attrs.begin].flat();
    const sizes = [attrs.size].flat();
    ensure(
      Math.max(starts.length, sizes.length) <= x.shape.length,
      () => `[${starts}] and [${sizes}] are no start and size along ${x.shape.length} axes`,
    );
    const begin = x.shape.map((_, axis) => starts[axis] ?? 0);
    const end = x.shape.map((length, axis) => {
      const size = sizes[axis] ?? -1;
      return size < 0 ? length : begin[axis]! + size;
    });
    return slice(x, begin, end);
  },
);

kernel<{ numOrSizeSplits: number | readonly number[]; axis: number }>('SplitV', ({ inputs, attrs }) => {
  const x = inputs['x']!;
  const axis = axisOf(x.shape.length, attrs.axis);
  const { numOrSizeSplits: splits } = attrs;
  const length = x.shape[axis]!;
  const sizes = typeof splits === 'number' ? new Array<number>(splits).fill(length / splits) : splits;
  const rest = length - sizes.reduce((sum, size) => sum + Math.max(0, size), 0);
  return split(
    x,
    axis,
    sizes.map((size) => (size < 0 ? rest : size)),
  );
});

kernel<{ axis: number }>('Unpack', ({ inputs, attrs }) => {
  const x = inputs['value']!;
  const axis = axisOf(x.shape.length, attrs.axis);
  const shape = x.shape.toSpliced(axis, 1);
  const ones = new Array<number>(x.shape[axis]!).fill(1);
  return split(x, axis, ones).map((one) => reshape(one, shape));
});

kernel<{ axis: number }>('Concat', ({ list, attrs }) =>
  concat(list, axisOf(list[0]!.shape.length, attrs.axis)),
);

kernel<{ axis: number }>('Pack', ({ list, attrs }) => {
  const axis = axisOf(list[0]!.shape.length + 1, attrs.axis);
  return concat(
    list.map((part) => reshape(part, part.shape.toSpliced(axis, 0, 1))),
    axis,
  );
});

/** Repetition along axes of length 1 is a broadcast, which most operators perform at no cost. */
kernel<{ reps: readonly number[] }>('Tile', ({ inputs, attrs }) => {
  const x = inputs['x']!;
  const shape = x.shape.map((length, axis) => length * attrs.reps[axis]!);
  if (x.shape.every((length, axis) => length === 1 || attrs.reps[axis] === 1)) return expand(x, shape);
  return x.graph.node('Tile', [x, x.graph.indices(attrs.reps)], [{ shape, dtype: x.dtype }])[0]!;
});

kernel<{ paddings: readonly [number, number][]; constantValue: number }>('PadV2', ({ inputs, attrs }) => {
  const before = attrs.paddings.map(([first]) => first);
  const after = attrs.paddings.map(([, last]) => last);
  return pad(inputs['x']!, before, after, attrs.constantValue);
});

kernel<{ dims: number | readonly number[] }>('Reverse', ({ inputs, attrs }) => {
  const x = inputs['x']!;
  const dims = typeof attrs.dims === 'number' ? [attrs.dims] : attrs.dims;
  return dims.reduce((value, axis) => reverse(value, axisOf(x.shape.length, axis)), x);
});

kernel<{ depth: number; onValue: number; offValue: number; dtype: ElementType }>(
  'OneHot',
  ({ inputs, attrs }) => {
    const x = inputs['indices']!;
    const { depth, onValue, offValue, dtype } = attrs;
    const classes = x.graph.constant({
      dtype: 'int32',
      shape: [depth],
      data: Int32Array.from({ length: depth }, (_, index) => index),
    });
    const shape = [...x.shape, depth];
    const hit = binary('Equal', reshape(x, [...x.shape, 1]), classes, 'bool');
    return where(hit, x.graph.filled(onValue, shape, dtype), x.graph.filled(offValue, shape, dtype));
  },
);

/** See ops/row-elements.ts. */
kernel('ElementsAt', ({ inputs }) => elementsAt(inputs['x']!, inputs['columns']!));
kernel('WithElementsAt', ({ inputs }) => withElementsAt(inputs['x']!, inputs['columns']!, inputs['values']!));

kernel<{ start: number }>('WithRowsFrom', ({ inputs, attrs }) =>
  withRowsFrom(inputs['x']!, attrs.start, inputs['rows']!),
);

kernel<{ shape: readonly number[]; value: number; dtype: ElementType }>('Fill', ({ attrs }) => {
  if (typeof attrs.value !== 'number') throw new TraceError('only numbers can be traced');
  return backend.graph.filled(attrs.value, attrs.shape, attrs.dtype ?? 'float32');
});

kernel<{ start: number; stop: number; step: number; dtype: ElementType }>('Range', ({ attrs }) => {
  const { start, stop, step, dtype } = attrs;
  const values = Array.from(
    { length: Math.max(0, Math.ceil((stop - start) / step)) },
    (_, k) => start + k * step,
  );
  const shape = [values.length];
  return backend.graph.constant(
    dtype === 'int32'
      ? { dtype, shape, data: Int32Array.from(values) }
      : { dtype: 'float32', shape, data: Float32Array.from(values) },
  );
});
