/**
 * What the operators require of shapes and axes. ONNX itself would clamp, wrap or only fail when the graph is loaded,
 * far from the step's line. Reasons do not name the op: kernel.ts knows it.
 */
import { TraceError } from '../errors.ts';
import type { ElementType, Shape } from '../host-tensor.ts';

/** Fails with the reason unless the condition holds. */
export function ensure(condition: boolean, reason: () => string): asserts condition {
  if (!condition) throw new TraceError(reason());
}

/** Whether every length is one that a tensor can have. */
export function isShape(shape: Shape): boolean {
  return shape.every((length) => Number.isInteger(length) && length >= 0);
}

const TYPES: readonly string[] = ['float32', 'int32', 'bool'] satisfies ElementType[];

/** Fails for the types that TensorFlow.js has and graphs do not: strings and complex numbers. */
export function ensureTraceable(dtype: string): asserts dtype is ElementType {
  ensure(
    TYPES.includes(dtype),
    () => `tensors of type ${dtype} cannot be traced; use float32, int32 or bool`,
  );
}

/** The axis counted from the first, of a tensor of that rank. Negative ones count from the last. */
export function axisOf(rank: number, axis: number): number {
  ensure(Number.isInteger(axis) && axis >= -rank && axis < rank, () => `there is no axis ${axis} of ${rank}`);
  return axis < 0 ? axis + rank : axis;
}
