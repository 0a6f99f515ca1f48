/**
 * PyTorch's layouts and ours. A linear weight is [out, in] there and [in, out] here; a filter [out, in, height, width]
 * there and [height, width, in, out] here; one filter a channel is [channels, 1, height, width] there and [height,
 * width, channels, 1] here. Images are NCHW there and NHWC here.
 */
import { float32, type HostTensor } from '@clce/engine';

/** Tables of rows, which are no linear weights though they have two axes. */
const TABLES = /(^|\.)(embed_positions|text_embed)\./;

/** A tensor in our layout. */
export function fromTorch(name: string, tensor: HostTensor): HostTensor {
  const order = orderFromTorch(name, tensor.shape);
  return order === undefined ? tensor : permuted(tensor, order);
}

/** The shape in our layout of a tensor that has this one in PyTorch's. */
export function shapeFromTorch(name: string, shape: readonly number[]): readonly number[] {
  return orderFromTorch(name, shape)?.map((axis) => shape[axis]!) ?? shape;
}

/** A tensor in PyTorch's layout. */
export function toTorch(name: string, tensor: HostTensor): HostTensor {
  const { shape } = tensor;
  if (shape.length === 4) return permuted(tensor, shape[3] === 1 ? [2, 3, 0, 1] : [3, 2, 0, 1]);
  if (shape.length === 2 && !TABLES.test(name)) return permuted(tensor, [1, 0]);
  return tensor;
}

function orderFromTorch(name: string, shape: readonly number[]): readonly number[] | undefined {
  if (shape.length === 4) return shape[1] === 1 ? [2, 3, 0, 1] : [2, 3, 1, 0];
  return shape.length === 2 && !TABLES.test(name) ? [1, 0] : undefined;
}

/** The tensor with its axes in another order: axis k of the result is axis `order[k]`. */
export function permuted({ shape, data, dtype }: HostTensor, order: readonly number[]): HostTensor {
  if (dtype !== 'float32') throw new TypeError(`only float32 tensors are permuted, not ${dtype}`);
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, side) => product * side, 1));
  const sides = order.map((axis) => shape[axis]!);
  const steps = order.map((axis) => strides[axis]!);
  const result = new Float32Array(data.length);
  const place = sides.map(() => 0);
  let from = 0;
  for (let to = 0; to < result.length; to++) {
    result[to] = data[from]!;
    for (let axis = sides.length - 1; axis >= 0; axis--) {
      from += steps[axis]!;
      if (++place[axis]! < sides[axis]!) break;
      from -= steps[axis]! * sides[axis]!;
      place[axis] = 0;
    }
  }
  return float32(sides, result);
}
