/**
 * Tensors outside any engine: typed arrays with a shape. They are a step's inputs and outputs.
 */

export type Shape = readonly number[];
export type ElementType = 'float32' | 'int32' | 'bool';

/** Row-major values on the host. Booleans are bytes, 0 or 1. */
export type HostTensor =
  | { readonly dtype: 'float32'; readonly shape: Shape; readonly data: Float32Array }
  | { readonly dtype: 'int32'; readonly shape: Shape; readonly data: Int32Array }
  | { readonly dtype: 'bool'; readonly shape: Shape; readonly data: Uint8Array };

export type HostTensors = Readonly<Record<string, HostTensor>>;

/** The shape and type for which a step is compiled. */
export interface TensorSpec {
  readonly shape: Shape;
  readonly dtype: ElementType;
}

/** A float32 tensor; zeros if `data` is omitted. */
export function float32(shape: Shape, data: ArrayLike<number> = new Float32Array(sizeOf(shape))): HostTensor {
  return { dtype: 'float32', shape, data: data instanceof Float32Array ? data : Float32Array.from(data) };
}

/** A tensor of the given shape and type, filled with zeros (`false`). */
export function zeros({ shape, dtype }: TensorSpec): HostTensor {
  return { dtype, shape, data: new ARRAYS[dtype](sizeOf(shape)) } as HostTensor;
}

const ARRAYS = { float32: Float32Array, int32: Int32Array, bool: Uint8Array };

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

/** The tensor with its axes in another order: axis k of the result is axis `order[k]`. */
export function permuted(tensor: HostTensor, order: readonly number[]): HostTensor {
  const { shape } = tensor;
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const sides = order.map((axis) => shape[axis]!);
  const steps = order.map((axis) => strides[axis]!);
  return strided(tensor, sides, steps);
}

/** A tensor of the given shape. Its element [i, j, …] is element i · strides[0] + j · strides[1] + … of `data`. */
export function strided({ data, dtype }: HostTensor, shape: Shape, strides: readonly number[]): HostTensor {
  const result = new (data.constructor as Float32ArrayConstructor)(sizeOf(shape));
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
