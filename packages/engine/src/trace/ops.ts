/**
 * The ONNX operators that kernels are written with. Each infers its output's shape and applies local rewrites: it drops
 * identities, merges reshapes and transposes, and keeps filled tensors and broadcasts symbolic. Shape inference also
 * finds mistakes in a step that TensorFlow.js lets pass.
 */

import type { ElementType, Shape } from '../host-tensor.ts';
import { float32, permuted, sameShape, sizeOf } from '../host-tensor.ts';
import { ensure, isShape } from './checks.ts';
import { checkElementTypes } from './element-types.ts';
import { broadcastShape, Value } from './graph.ts';
import type { Attributes } from './onnx-proto.ts';

export function unary(
  op: string,
  x: Value,
  attributes: Attributes = {},
  dtype: ElementType = x.dtype,
): Value {
  const fold = UNARY_FOLDS[op];
  if (x.graph.inference && fold !== undefined && sizeOf(x.shape) <= LARGEST_FOLDED) {
    const numbers = x.numbers?.map(fold);
    if (numbers !== undefined) return x.graph.constant({ dtype: 'float32', shape: x.shape, data: numbers });
  }
  return x.graph.node(op, [x], [{ shape: x.shape, dtype }], attributes)[0]!;
}

/** Unary operators that a batch norm applies to its constants. */
const UNARY_FOLDS: Readonly<Record<string, (x: number) => number>> = {
  Sqrt: Math.sqrt,
  Reciprocal: (x) => 1 / x,
};

const FOLDS: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
};

/** An element-wise operator of two operands, with NumPy's broadcasting. */
export function binary(op: string, a: Value, b: Value, dtype: ElementType = a.dtype): Value {
  const biased = op === 'Add' ? productPlusBias(a, b) : undefined;
  if (biased !== undefined) return biased;
  if (a.graph.inference) {
    const absorbed = intoConvolution(op, a, b) ?? intoConvolution(op, b, a);
    if (absorbed !== undefined) return absorbed;
  }
  const shape = broadcastShape(a.shape, b.shape);
  ensure(shape !== undefined, () => `[${a.shape}] and [${b.shape}] do not broadcast`);
  const fold = dtype === 'float32' ? FOLDS[op] : undefined;
  if (fold !== undefined) {
    if (a.fill !== undefined && b.fill !== undefined) {
      return a.graph.filled(Math.fround(fold(a.fill, b.fill)), shape, dtype);
    }
    if (leavesUnchanged(op, b) && sameShape(a.shape, shape)) return a;
    if ((op === 'Add' || op === 'Mul') && leavesUnchanged(op, a) && sameShape(b.shape, shape)) return b;
    if ((op === 'Add' || op === 'Mul') && leavesUnchanged(op, a)) return expand(b, shape);
    if (leavesUnchanged(op, b)) return expand(a, shape);
    const constant = a.graph.inference ? folded(fold, a, b, shape) : undefined;
    if (constant !== undefined) return constant;
  }
  return elementwise(op, [a, b], shape, dtype);
}

/** A matrix product plus a bias row, as one Gemm. */
function productPlusBias(product: Value, bias: Value): Value | undefined {
  const gemm = product.madeBy('Gemm');
  if (gemm?.inputs.length !== 2 || bias.shape.length !== 1 || bias.shape[0] !== product.shape[1])
    return undefined;
  if (bias.fill !== undefined) return undefined;
  const { shape, dtype } = product;
  return product.graph.node('Gemm', [...gemm.inputs, bias], [{ shape, dtype }], gemm.attributes)[0]!;
}

/** Constants of at most this many elements are folded at trace time. */
const LARGEST_FOLDED = 2 ** 16;

/** An operator's result on two constants, equal to ONNX Runtime's. They have one length, or one is a single number. */
function folded(fold: (a: number, b: number) => number, a: Value, b: Value, shape: Shape): Value | undefined {
  const size = sizeOf(shape);
  const fits = [a, b].every(({ shape: own }) => sizeOf(own) === size || sizeOf(own) === 1);
  const [left, right] = [a.numbers, b.numbers];
  if (!fits || size > LARGEST_FOLDED || left === undefined || right === undefined) return undefined;
  const at = (numbers: Float32Array, k: number) => numbers[numbers.length === 1 ? 0 : k]!;
  const data = Float32Array.from({ length: size }, (_, k) => fold(at(left, k), at(right, k)));
  return a.graph.constant({ dtype: 'float32', shape, data });
}

/**
 * Folds a constant per channel, multiplied or added, into the weights of a native convolution (Conv between two
 * transposes). So a batch norm that is not trained costs nothing.
 */
function intoConvolution(op: string, x: Value, vector: Value): Value | undefined {
  const toNhwc = x.madeBy('Transpose');
  const y = toNhwc?.inputs[0];
  const conv = y?.madeBy('Conv');
  if (conv === undefined || String(toNhwc!.attributes['perm']) !== '0,2,3,1') return undefined;
  if (op !== 'Mul' && op !== 'Add') return undefined;
  const [input, filter, bias] = conv.inputs as [Value, Value, Value | undefined];
  const channels = filter.shape[0]!;
  const [weights, factor] = [filter.numbers, vector.numbers];
  const isVector = vector.shape.length === 1 && vector.shape[0] === channels;
  if (weights === undefined || factor === undefined || !isVector) return undefined;
  const before = bias?.numbers ?? new Float32Array(channels);
  const perChannel = weights.length / channels;
  const { graph } = x;
  const constant = (shape: Shape, data: Float32Array) => graph.constant({ dtype: 'float32', shape, data });
  const changed =
    op === 'Add'
      ? [
          filter,
          constant(
            [channels],
            before.map((value, k) => value + factor[k]!),
          ),
        ]
      : [
          constant(
            filter.shape,
            weights.map((value, k) => value * factor[Math.floor(k / perChannel)]!),
          ),
          constant(
            [channels],
            before.map((value, k) => value * factor[k]!),
          ),
        ];
  const [result] = graph.node('Conv', [input, ...changed], [y!], conv.attributes);
  return transpose(result!, [0, 2, 3, 1]);
}

function leavesUnchanged(op: string, b: Value): boolean {
  return b.fill === (op === 'Mul' || op === 'Div' ? 1 : 0);
}

/** `condition ? a : b`, with broadcasting. */
export function where(condition: Value, a: Value, b: Value): Value {
  const inner = broadcastShape(a.shape, b.shape);
  const shape = inner && broadcastShape(condition.shape, inner);
  ensure(shape !== undefined, () => `[${condition.shape}], [${a.shape}] and [${b.shape}] do not broadcast`);
  const factor = b.fill === undefined ? factorOver(a, b) : undefined;
  if (factor !== undefined && sameShape(condition.shape, shape)) {
    const slope = binary('Max', cast(condition, a.dtype), a.graph.filled(factor, shape, a.dtype));
    return binary('Mul', a, slope);
  }
  return elementwise('Where', [condition, a, b], shape, a.dtype);
}

/**
 * The factor in [0, 1] with b = factor · a, if `b` was made that way. A selection between the two, as in a leaky ReLU's
 * gradient, equals `a` times a slope. ONNX Runtime's Where takes twice as long as computing and applying the slope.
 */
function factorOver(a: Value, b: Value): number | undefined {
  const { value, factor } = withoutFactor(b);
  return value === a && value !== b && factor >= 0 && factor <= 1 ? factor : undefined;
}

/**
 * An element-wise operator on small operands. A filled or expanded operand need not be stored at full size, because the
 * operator broadcasts it. The small operands together must still broadcast to the shape of the result.
 */
function elementwise(op: string, operands: readonly Value[], shape: Shape, dtype: ElementType): Value {
  const small = operands.map((operand) => {
    if (operand.fill !== undefined) return operand.graph.filled(operand.fill, [], operand.dtype);
    return operand.madeBy('Expand')?.inputs[0] ?? operand;
  });
  const reached = small.reduce<Shape | undefined>((so, { shape: s }) => so && broadcastShape(so, s), []);
  if (reached !== undefined && sameShape(reached, shape)) return build(small);
  // One operand must carry the full shape: the first that has it.
  const index = operands.findIndex((operand) => sameShape(operand.shape, shape));
  return build(index < 0 ? operands : small.with(index, operands[index]!));

  function build(inputs: readonly Value[]): Value {
    return inputs[0]!.graph.node(op, inputs, [{ shape, dtype }])[0]!;
  }
}

export function expand(x: Value, shape: Shape): Value {
  if (sameShape(x.shape, shape)) return x;
  if (x.fill !== undefined) return x.graph.filled(x.fill, shape, x.dtype);
  return x.graph.node('Expand', [x, x.graph.indices(shape)], [{ shape, dtype: x.dtype }])[0]!;
}

export function cast(x: Value, dtype: ElementType): Value {
  if (x.dtype === dtype) return x;
  if (x.fill !== undefined) {
    const value = dtype === 'bool' ? Number(x.fill !== 0) : dtype === 'int32' ? Math.trunc(x.fill) : x.fill;
    return x.graph.filled(value, x.shape, dtype);
  }
  const to = { float32: 1, int32: 6, bool: 9 }[dtype];
  return unary('Cast', x, { to }, dtype);
}

export function reshape(x: Value, shape: Shape): Value {
  if (sameShape(x.shape, shape)) return x;
  const size = sizeOf(x.shape);
  ensure(isShape(shape) && sizeOf(shape) === size, () => `${size} elements do not fill the shape [${shape}]`);
  if (x.fill !== undefined) return x.graph.filled(x.fill, shape, x.dtype);
  const earlier = x.madeBy('Reshape');
  if (earlier !== undefined) return reshape(earlier.inputs[0]!, shape);
  return x.graph.node('Reshape', [x, x.graph.indices(shape)], [{ shape, dtype: x.dtype }])[0]!;
}

export function transpose(x: Value, permutation: readonly number[]): Value {
  ensure(
    x.shape.every((_, axis) => permutation.includes(axis)) && permutation.length === x.shape.length,
    () => `[${permutation}] is no order of ${x.shape.length} axes`,
  );
  const shape = permutation.map((axis) => x.shape[axis]!);
  if (permutation.every((axis, index) => axis === index)) return x;
  if (x.fill !== undefined) return x.graph.filled(x.fill, shape, x.dtype);
  const earlier = x.madeBy('Transpose');
  if (earlier !== undefined) {
    const inner = earlier.attributes['perm'] as readonly number[];
    return transpose(
      earlier.inputs[0]!,
      permutation.map((axis) => inner[axis]!),
    );
  }
  if (x.graph.inference && x.numbers !== undefined) {
    return x.graph.constant(permuted(float32(x.shape, x.numbers), permutation));
  }
  return x.graph.node('Transpose', [x], [{ shape, dtype: x.dtype }], { perm: permutation })[0]!;
}

/** Elements `begin + k * stride` below `end` along every axis. Strides are positive. */
export function slice(
  x: Value,
  begin: readonly number[],
  end: readonly number[],
  strides?: readonly number[],
): Value {
  x.shape.forEach((length, axis) => {
    const [first, behind] = [begin[axis]!, end[axis]!];
    ensure(
      first >= 0 && first <= behind && behind <= length,
      () => `elements ${first} to ${behind} (exclusive) of axis ${axis}, which has ${length}`,
    );
  });
  const step = strides ?? begin.map(() => 1);
  const shape = begin.map((start, axis) => Math.max(0, Math.ceil((end[axis]! - start) / step[axis]!)));
  if (sameShape(shape, x.shape)) return x;
  if (x.fill !== undefined) return x.graph.filled(x.fill, shape, x.dtype);
  if (isWithout('Slice', x)) return cast(slice(cast(x, 'float32'), begin, end, strides), 'bool');
  const axes = x.shape.map((_, axis) => axis).filter((axis) => shape[axis] !== x.shape[axis]);
  const along = (values: readonly number[]) => x.graph.indices(axes.map((axis) => values[axis]!));
  const inputs = [x, along(begin), along(end), x.graph.indices(axes), along(step)];
  return x.graph.node('Slice', inputs, [{ shape, dtype: x.dtype }])[0]!;
}

/** Cuts an axis into parts of the given lengths. */
export function split(x: Value, axis: number, lengths: readonly number[]): Value[] {
  const length = x.shape[axis]!;
  ensure(
    isShape(lengths) && lengths.reduce((sum, part) => sum + part, 0) === length,
    () => `parts of ${lengths.join(', ')} do not make up axis ${axis}, which has ${length}`,
  );
  if (lengths.length === 1) return [x];
  const { mostParts } = x.graph;
  if (lengths.length > mostParts) {
    let start = 0;
    return inParts(lengths, mostParts).flatMap((some) => {
      const begin = x.shape.map((_, at) => (at === axis ? start : 0));
      start += some.reduce((sum, part) => sum + part, 0);
      return split(slice(x, begin, x.shape.with(axis, start)), axis, some);
    });
  }
  const outputs = lengths.map((length) => ({ shape: x.shape.with(axis, length), dtype: x.dtype }));
  const { fill } = x;
  if (fill !== undefined) return outputs.map(({ shape }) => x.graph.filled(fill, shape, x.dtype));
  return x.graph.node('Split', [x, x.graph.indices(lengths)], outputs, { axis });
}

/** The elements of an axis in reverse order. */
export function reverse(x: Value, axis: number): Value {
  const length = x.shape[axis]!;
  if (length === 1 || x.fill !== undefined) return x;
  return gather(
    x,
    axis,
    Array.from({ length }, (_, index) => length - 1 - index),
  );
}

/** The elements of an axis at the given places. The axes of `places` replace the axis. */
export function gather(x: Value, axis: number, places: readonly number[] | Value): Value {
  const indices = places instanceof Value ? places : x.graph.indices(places);
  const output = { shape: x.shape.toSpliced(axis, 1, ...indices.shape), dtype: x.dtype };
  return x.graph.node('Gather', [x, indices], [output], { axis })[0]!;
}

/** One element of each row, [rows, 1]: `x` is [rows, columns], `columns` int32 [rows]. */
export function elementsAt(x: Value, columns: Value): Value {
  const output = { shape: [columns.shape[0]!, 1], dtype: x.dtype };
  return x.graph.node('GatherElements', [x, asColumn(columns)], [output], { axis: 1 })[0]!;
}

/** `x` with element `columns[i]` of each row i replaced by `values`, [rows, 1]. */
export function withElementsAt(x: Value, columns: Value, values: Value): Value {
  const inputs = [x, asColumn(columns), values];
  return x.graph.node('ScatterElements', inputs, [{ shape: x.shape, dtype: x.dtype }], { axis: 1 })[0]!;
}

/** `x` with its rows from `start` on replaced by `rows`. */
export function withRowsFrom(x: Value, start: number, rows: Value): Value {
  const count = rows.shape[0]!;
  if (count === x.shape[0]) return rows;
  const places = Array.from({ length: count }, (_, k) => start + k);
  const inputs = [x, asColumn(x.graph.indices(places)), rows];
  return x.graph.node('ScatterND', inputs, [{ shape: x.shape, dtype: x.dtype }])[0]!;
}

function asColumn(x: Value): Value {
  return reshape(x, [sizeOf(x.shape), 1]);
}

export function concat(all: readonly Value[], axis: number): Value {
  checkElementTypes('Concat', all);
  for (const { shape } of all) {
    const wanted = all[0]!.shape.with(axis, shape[axis] ?? 0);
    ensure(sameShape(shape, wanted), () => `[${all[0]!.shape}] and [${shape}] differ beyond axis ${axis}`);
  }
  const total = all.reduce((sum, { shape }) => sum + shape[axis]!, 0);
  const shape = all[0]!.shape.with(axis, total);
  const parts = all.filter((part) => sizeOf(part.shape) > 0);
  const first = parts[0];
  if (first === undefined) return all[0]!.graph.filled(0, shape, all[0]!.dtype);
  if (parts.length === 1) return first;
  const { fill } = first;
  if (fill !== undefined && parts.every((part) => part.fill === fill))
    return first.graph.filled(fill, shape, first.dtype);
  const { mostParts } = first.graph;
  if (parts.length > mostParts) {
    return concat(
      inParts(parts, mostParts).map((some) => concat(some, axis)),
      axis,
    );
  }
  if (isWithout('Concat', first)) {
    return cast(
      concat(
        parts.map((part) => cast(part, 'float32')),
        axis,
      ),
      'bool',
    );
  }
  return first.graph.node('Concat', parts, [{ shape, dtype: first.dtype }], { axis })[0]!;
}

/** The list in chunks of `most` entries; the last chunk may be shorter. */
function inParts<T>(list: readonly T[], most: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / most) }, (_, k) =>
    list.slice(k * most, (k + 1) * most),
  );
}

/** Whether the runtime lacks the operator for booleans. The caller then casts them to float32 and back. */
function isWithout(op: string, { graph, dtype }: Value): boolean {
  return dtype === 'bool' && graph.missing.includes(`${op} of bool`);
}

/** Zeros (or `value`) around `x`: `before[axis]` and `after[axis]` elements along each axis. */
export function pad(x: Value, before: readonly number[], after: readonly number[], value = 0): Value {
  const { graph, dtype } = x;
  ensure(
    before.length === x.shape.length && isShape([...before, ...after]),
    () => `[${before}] before and [${after}] after are no padding of ${x.shape.length} axes`,
  );
  const shape = x.shape.map((length, axis) => length + before[axis]! + after[axis]!);
  if (sameShape(shape, x.shape)) return x;
  if (x.fill === value) return graph.filled(value, shape, dtype);
  const inputs = [x, graph.indices([...before, ...after]), graph.filled(value, [], dtype)];
  return graph.node('Pad', inputs, [{ shape, dtype }])[0]!;
}

/** Splits `x` into value · factor. Sums and matrix products multiply by the factor once, at the end. */
export function withoutFactor(x: Value): { readonly value: Value; readonly factor: number } {
  const [a, b] = x.madeBy('Mul')?.inputs ?? [];
  if (a?.fill !== undefined && b !== undefined && sameShape(b.shape, x.shape))
    return { value: b, factor: a.fill };
  if (b?.fill !== undefined && a !== undefined && sameShape(a.shape, x.shape))
    return { value: a, factor: b.fill };
  return { value: x, factor: 1 };
}
