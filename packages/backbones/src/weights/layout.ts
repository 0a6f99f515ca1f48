/**
 * PyTorch's, TensorFlow Lite's and our layouts. A linear weight is [out, in] in both of theirs and [in, out] here. A filter
 * is [out, in, height, width] in PyTorch, [out, height, width, in] in TensorFlow Lite and [height, width, in, out] here;
 * one filter a channel is [channels, 1, height, width], [1, height, width, channels] and [height, width, channels, 1].
 * Images are NCHW in PyTorch and NHWC here.
 */
import { type HostTensor, permuted } from '@clce/engine';
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
