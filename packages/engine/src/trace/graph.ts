/**
 * A static graph under construction: values, the nodes that make them, and the rewrites that keep it small.
 *
 * Every value has a static shape. A node with the operator, inputs and attributes of an earlier node *is* the earlier
 * node (common sub-expressions). A tensor filled with one number stays symbolic (`fill`) until an operator needs its
 * elements; gradients of sums multiply by such tensors often.
 */
import { createHash } from 'node:crypto';
import { type ElementType, type HostTensor, type Shape, sizeOf } from '../host-tensor.ts';
import { ensure, ensureTraceable, isShape } from './checks.ts';
import { checkElementTypes } from './element-types.ts';
import type { Attributes, OnnxType } from './onnx-proto.ts';

/** Where a value comes from. */
type Origin =
  | { readonly kind: 'input' }
  | { readonly kind: 'node'; readonly node: GraphNode; readonly output: number }
  | { readonly kind: 'constant'; readonly type: OnnxType; readonly bytes: Uint8Array }
  | { readonly kind: 'fill'; readonly value: number };

export interface GraphNode {
  readonly op: string;
  readonly inputs: readonly Value[];
  readonly attributes: Attributes;
}

/** One tensor of the graph; also the `dataId` by which TensorFlow.js knows it. */
export class Value {
  readonly graph: Graph;
  readonly id: number;
  readonly shape: Shape;
  readonly dtype: ElementType;
  readonly origin: Origin;

  constructor(graph: Graph, id: number, shape: Shape, dtype: ElementType, origin: Origin) {
    this.graph = graph;
    this.id = id;
    this.shape = shape;
    this.dtype = dtype;
    this.origin = origin;
  }

  get name(): string {
    return `v${this.id}`;
  }

  /** The number that fills this value, if the value is symbolic. */
  get fill(): number | undefined {
    return this.origin.kind === 'fill' ? this.origin.value : undefined;
  }

  /** The elements, if this value is a float32 constant. */
  get numbers(): Float32Array | undefined {
    const { origin } = this;
    if (this.dtype !== 'float32') return undefined;
    if (origin.kind === 'fill') return new Float32Array(sizeOf(this.shape)).fill(origin.value);
    if (origin.kind !== 'constant') return undefined;
    const { buffer, byteOffset, byteLength } = origin.bytes;
    return new Float32Array(buffer, byteOffset, byteLength / Float32Array.BYTES_PER_ELEMENT);
  }

  /** The node that makes this value, if it has the given operator. */
  madeBy(op: string): GraphNode | undefined {
    return this.origin.kind === 'node' && this.origin.node.op === op ? this.origin.node : undefined;
  }
}

export interface OutputSpec {
  readonly shape: Shape;
  readonly dtype: ElementType;
}

export type GraphOptions = Partial<Pick<Graph, 'inference' | 'missing' | 'mostParts'>>;

export class Graph {
  /** No gradient will be taken: operators may take forms that only serve the forward pass. */
  readonly inference: boolean;
  /** Operators that the graph avoids because the runtime lacks them. */
  readonly missing: readonly string[];
  /** Most tensors that one Concat joins or one Split produces. */
  readonly mostParts: number;
  readonly #interned = new Map<string, Value[]>();
  readonly #indexConstants = new Map<Value, readonly number[]>();
  #nextId = 0;

  constructor({ inference = false, missing = [], mostParts = Number.POSITIVE_INFINITY }: GraphOptions = {}) {
    this.inference = inference;
    this.missing = missing;
    this.mostParts = mostParts;
  }

  input(shape: Shape, dtype: ElementType): Value {
    return this.#value(shape, dtype, { kind: 'input' });
  }

  /** A tensor filled with one number. It takes no memory until an operator uses it as an array. */
  filled(value: number, shape: Shape, dtype: ElementType): Value {
    const key = `fill ${Object.is(value, -0) ? '-0' : value} ${dtype} ${shape}`;
    return this.#intern(key, () => [this.#value(shape, dtype, { kind: 'fill', value })])[0]!;
  }

  constant({ data, shape, dtype }: HostTensor): Value {
    const first = data[0];
    if (first !== undefined && data.every((value) => Object.is(value, first))) {
      return this.filled(first, shape, dtype);
    }
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
    const key = `constant ${dtype} ${shape} ${createHash('sha256').update(bytes).digest('hex')}`;
    return this.#intern(key, () => [this.#value(shape, dtype, { kind: 'constant', type: dtype, bytes })])[0]!;
  }

  /** A list of int64 that an operator takes as an input (shapes, axes, starts). */
  indices(values: readonly number[]): Value {
    ensure(values.every(Number.isInteger), () => `[${values}] are not all integers`);
    const key = `indices ${values}`;
    const [value] = this.#intern(key, () => {
      const bytes = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
      return [this.#value([values.length], 'int32', { kind: 'constant', type: 'int64', bytes })];
    });
    this.#indexConstants.set(value!, values);
    return value!;
  }

  /** The integers of a value made by {@link indices}. */
  indicesOf(value: Value): readonly number[] | undefined {
    return this.#indexConstants.get(value);
  }

  /** Adds a node, or returns the values of an equal node. */
  node(
    op: string,
    inputs: readonly Value[],
    outputs: readonly OutputSpec[],
    attributes: Attributes = {},
  ): Value[] {
    const key = `${op}(${inputs.map(({ id }) => id)}) ${JSON.stringify(attributes)}`;
    return this.#intern(key, () => {
      const operands = inputs.filter((input) => !this.#indexConstants.has(input));
      checkElementTypes(op, op === 'Where' ? operands.slice(1) : operands);
      const node: GraphNode = { op, inputs, attributes };
      return outputs.map(({ shape, dtype }, output) =>
        this.#value(shape, dtype, { kind: 'node', node, output }),
      );
    });
  }

  /** All values except inputs, in the order of creation. The outputs of one node form one group. */
  made(): Iterable<readonly Value[]> {
    return this.#interned.values();
  }

  #value(shape: Shape, dtype: ElementType, origin: Origin): Value {
    ensureTraceable(dtype);
    ensure(isShape(shape), () => `the shape [${shape}] has a length that is no natural number`);
    return new Value(this, this.#nextId++, shape, dtype, origin);
  }

  #intern(key: string, make: () => Value[]): Value[] {
    const found = this.#interned.get(key);
    if (found !== undefined) return found;
    const made = make();
    this.#interned.set(key, made);
    return made;
  }
}

/** NumPy's broadcasting rule; undefined where the shapes do not agree. */
export function broadcastShape(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length);
  const result: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const lengthA = a[a.length - rank + axis] ?? 1;
    const lengthB = b[b.length - rank + axis] ?? 1;
    if (lengthA !== lengthB && lengthA !== 1 && lengthB !== 1) return undefined;
    result.push(lengthA === 1 ? lengthB : lengthA);
  }
  return result;
}
