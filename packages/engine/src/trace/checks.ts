/**
 * Checks of the operators' shapes and axes. ONNX itself would clamp, wrap, or fail only when it loads the graph, far from
 * the step's line. Reasons do not name the op; kernel.ts adds it.
 */
import { TraceError } from '../errors.ts';
import type { ElementType, Shape } from '../host-tensor.ts';

/** Fails with the reason unless the condition holds. */
export function ensure(condition: boolean, reason: () => string): asserts condition {
  if (!condition) throw new TraceError(reason());
}

/** Whether every length is a whole number from 0. */
export function isShape(shape: Shape): boolean {
  return shape.every((length) => Number.isInteger(length) && length >= 0);
}

const TYPES: readonly string[] = ['float32', 'int32', 'bool'] satisfies ElementType[];

/** Fails for the TensorFlow.js types that graphs lack: strings and complex numbers. */
export function ensureTraceable(dtype: string): asserts dtype is ElementType {
  ensure(
    TYPES.includes(dtype),
    () => `tensors of type ${dtype} cannot be traced; use float32, int32 or bool`,
  );
}

/** The axis as an index from 0, for a tensor of the given rank. A negative `axis` counts from the last. */
export function axisOf(rank: number, axis: number): number {
  ensure(Number.isInteger(axis) && axis >= -rank && axis < rank, () => `there is no axis ${axis} of ${rank}`);
  return axis < 0 ? axis + rank : axis;
}
