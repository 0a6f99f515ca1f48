/**
 * A TensorFlow.js back end that computes nothing: its kernels append nodes to a graph.
 *
 * A tensor's `dataId` is the graph's {@link Value} itself. The back end refuses operations that one static graph cannot
 * hold: reading a value, using a tensor from elsewhere, baking a large array (a random mask, say) into the graph.
 */

import { TraceError } from '../errors.ts';
import type { HostTensor } from '../host-tensor.ts';
import { tf } from '../tf.ts';
import { ensureTraceable } from './checks.ts';
import { Graph, type GraphOptions, type Value } from './graph.ts';

type BackendValues = Parameters<InstanceType<typeof tf.KernelBackend>['write']>[0];

export const TRACE_BACKEND = 'onnx-trace';

/**
 * Largest array of integers, in elements, that a step may bake in without {@link constant}. Shape arithmetic and index
 * lists are smaller; forgotten data is larger. Of floating-point arrays, only single numbers and arrays filled with one
 * number pass: a dropout mask, a random tensor or an image mean does not.
 */
const LARGEST_SILENT_CONSTANT = 64;

class TraceBackend extends tf.KernelBackend {
  graph = new Graph();
  allowConstants = false;
  readonly #references = new Map<Value, number>();

  /** Starts a new graph in place of the last one. */
  begin(options: GraphOptions = {}): Graph {
    this.graph = new Graph(options);
    this.#references.clear();
    return this.graph;
  }

  override write(values: BackendValues, shape: number[], dtype: string): Value {
    const value = this.graph.constant(hostTensor(values, shape, dtype));
    const largest = dtype === 'float32' ? 1 : LARGEST_SILENT_CONSTANT;
    if (!this.allowConstants && value.origin.kind === 'constant' && values.length > largest) {
      throw new TraceError(
        `the step makes a constant of shape [${shape}] from host values: it would be the same at every call. ` +
          'Pass it as an input (random masks, data). Where a constant is meant, make it with ' +
          `constant(${dtype === 'int32' ? 'int32' : 'float32'}([${shape}], values)), which takes numbers and no tensor`,
      );
    }
    this.incRef(value);
    return value;
  }

  override readSync(): never {
    throw new TraceError(
      'the step reads a tensor’s value (data, dataSync, array, print …): values exist only when the graph runs. ' +
        'Return the tensor as an output instead',
    );
  }

  override read(): never {
    return this.readSync();
  }

  override incRef(value: Value): void {
    this.#references.set(value, this.refCount(value) + 1);
  }

  override refCount(value: Value): number {
    return this.#references.get(value) ?? 0;
  }

  override disposeData(value: Value): boolean {
    const left = this.refCount(value) - 1;
    if (left > 0) {
      this.#references.set(value, left);
      return false;
    }
    this.#references.delete(value);
    return true;
  }

  override numDataIds(): number {
    return this.#references.size;
  }

  override timerAvailable(): boolean {
    return false;
  }

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  override dispose(): void {
    this.#references.clear();
  }
}

function hostTensor(values: BackendValues, shape: number[], dtype: string): HostTensor {
  const numbers = values as ArrayLike<number>;
  ensureTraceable(dtype);
  switch (dtype) {
    case 'float32':
      return { dtype: 'float32', shape, data: Float32Array.from(numbers) };
    case 'int32':
      return { dtype: 'int32', shape, data: Int32Array.from(numbers) };
    case 'bool':
      return { dtype: 'bool', shape, data: Uint8Array.from(numbers, Number) };
  }
}

export const backend = new TraceBackend();
tf.registerBackend(TRACE_BACKEND, () => backend);

/**
 * Makes a constant of the step from host values of any size. Under an eager engine it is an ordinary tensor.
 *
 * @throws TraceError where it is given a tensor
 */
export function constant(values: HostTensor): ReturnType<typeof tf.tensor> {
  const { data, shape, dtype } = values;
  if (values instanceof tf.Tensor) {
    throw new TraceError(
      `constant(…) takes numbers, such as float32([${shape}], values), and was given a tensor of shape [${shape}]`,
    );
  }
  const before = backend.allowConstants;
  backend.allowConstants = true;
  try {
    return tf.tensor(data, [...shape], dtype);
  } finally {
    backend.allowConstants = before;
  }
}
