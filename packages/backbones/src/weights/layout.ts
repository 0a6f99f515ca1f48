/**
 * PyTorch's, TensorFlow Lite's and our layouts. A linear weight is [out, in] in both of theirs and [in, out] here. A filter
 * is [out, in, height, width] in PyTorch, [out, height, width, in] in TensorFlow Lite and [height, width, in, out] here;
 * one filter a channel is [channels, 1, height, width], [1, height, width, channels] and [height, width, channels, 1].
 * Images are NCHW in PyTorch and NHWC here.
 */
import type { HostTensor } from '@clce/engine';
import type { WeightFile } from './weight-file.ts';

/** Tables of rows, which are no linear weights though they have two axes. */
const TABLES = /(^|\.)(embed_positions|text_embed)\./;

/** A file's tensor in our layout. @param name as the backbone calls it */
export function fromFile(format: WeightFile['format'], name: string, tensor: HostTensor): HostTensor {
  const order = orderFromFile(format, name, tensor.shape);
  return order === undefined ? tensor : permuted(tensor, order);
}

/** The shape in our layout of a tensor that has this one in the file's. */
export function shapeFromFile(
  format: WeightFile['format'],
  name: string,
  shape: readonly number[],
): readonly number[] {
  return orderFromFile(format, name, shape)?.map((axis) => shape[axis]!) ?? shape;
}

/** A tensor in PyTorch's layout. */
export function toTorch(name: string, tensor: HostTensor): HostTensor {
  const { shape } = tensor;
  if (shape.length === 4) return permuted(tensor, shape[3] === 1 ? [2, 3, 0, 1] : [3, 2, 0, 1]);
  if (shape.length === 2 && !TABLES.test(name)) return permuted(tensor, [1, 0]);
  return tensor;
}

function orderFromFile(
  format: WeightFile['format'],
  name: string,
  shape: readonly number[],
): readonly number[] | undefined {
  if (shape.length === 4) {
    if (format === 'tflite') return [1, 2, 3, 0];
    return shape[1] === 1 ? [2, 3, 0, 1] : [2, 3, 1, 0];
  }
  return shape.length === 2 && !TABLES.test(name) ? [1, 0] : undefined;
}

/** The tensor with its axes in another order: axis k of the result is axis `order[k]`. */
export function permuted(tensor: HostTensor, order: readonly number[]): HostTensor {
  const { shape } = tensor;
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, side) => product * side, 1));
  const sides = order.map((axis) => shape[axis]!);
  const steps = order.map((axis) => strides[axis]!);
  return strided(tensor, sides, steps);
}

/** The tensor of that shape whose element [i, j, …] is number i · strides[0] + j · strides[1] + … of the given one. */
export function strided(
  { data, dtype }: HostTensor,
  shape: readonly number[],
  strides: readonly number[],
): HostTensor {
  const result = new (data.constructor as Float32ArrayConstructor)(
    shape.reduce((product, side) => product * side, 1),
  );
  const place = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < result.length; to++) {
    result[to] = data[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++place[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      place[axis] = 0;
    }
  }
  return { dtype, shape, data: result } as HostTensor;
}
