/**
 * Tensors outside any engine: a typed array with a shape. What goes into a step and what comes out of it.
 */

export type Shape = readonly number[];
export type ElementType = 'float32' | 'int32' | 'bool';

/** Row-major values on the host. Booleans are bytes, 0 or 1. */
export type HostTensor =
  | { readonly dtype: 'float32'; readonly shape: Shape; readonly data: Float32Array }
  | { readonly dtype: 'int32'; readonly shape: Shape; readonly data: Int32Array }
  | { readonly dtype: 'bool'; readonly shape: Shape; readonly data: Uint8Array };

export type HostTensors = Readonly<Record<string, HostTensor>>;

/** What a compiled step must know of a tensor before it sees a value. */
export interface TensorSpec {
  readonly shape: Shape;
  readonly dtype: ElementType;
}

/** A float32 tensor; without data, zeros. */
export function float32(shape: Shape, data: ArrayLike<number> = new Float32Array(sizeOf(shape))): HostTensor {
  return { dtype: 'float32', shape, data: data instanceof Float32Array ? data : Float32Array.from(data) };
}

/** An int32 tensor. */
export function int32(shape: Shape, data: ArrayLike<number>): HostTensor {
  return { dtype: 'int32', shape, data: data instanceof Int32Array ? data : Int32Array.from(data) };
}

/** A float32 scalar (shape `[]`). */
export function scalar(value: number): HostTensor {
  return float32([], [value]);
}

/** Number of elements of a shape; 1 for a scalar. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** Shapes and types of a record of host tensors. */
export function specsOf(tensors: HostTensors): Record<string, TensorSpec> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { shape, dtype }]) => [name, { shape, dtype }]),
  );
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}
