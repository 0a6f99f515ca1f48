/**
 * Converts between the layouts of PyTorch, TensorFlow Lite and this project.
 *
 * - Linear weight: [out, in] in PyTorch and TensorFlow Lite, [in, out] here.
 * - Filter: [out, in, height, width] in PyTorch, [out, height, width, in] in TensorFlow Lite, [height, width, in, out] here.
 * - Depthwise filter: [channels, 1, height, width] in PyTorch, [1, height, width, channels] in TensorFlow Lite,
 *   [height, width, channels, 1] here.
 * - Images: NCHW in PyTorch, NHWC here.
 */
import { type HostTensor, permuted } from '@clce/engine';
import type { WeightFile } from './weight-file.ts';

/** Tables of rows: they have two axes but are no linear weights. */
const TABLES = /(^|\.)(embed_positions|text_embed)\./;

/** A file's tensor in our layout. @param name the backbone's name of the tensor */
export function fromFile(format: WeightFile['format'], name: string, tensor: HostTensor): HostTensor {
  const order = orderFromFile(format, name, tensor.shape);
  return order === undefined ? tensor : permuted(tensor, order);
}

/** Converts a shape from the file's layout to ours. */
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
