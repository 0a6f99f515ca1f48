/** Runs a step once, without values, and records its operations as a graph. */

import { TraceError } from '../errors.ts';
import { sameShape, type TensorSpec } from '../host-tensor.ts';
import type { Signature, Step, Tensors } from '../step.ts';
import { type Tensor, tf } from '../tf.ts';
import { backend, TRACE_BACKEND } from './backend.ts';
import { type EncodedGraph, type EncodeOptions, encode } from './encode.ts';
import { explain } from './explain.ts';
import { type Graph, Value } from './graph.ts';
import './kernels/conv.ts';
import './kernels/elementwise.ts';
import './kernels/matmul.ts';
import './kernels/pool.ts';
import './kernels/reduce.ts';
import './kernels/shape.ts';

export interface TracedStep extends EncodedGraph {
  /** Names (without prefix) of the state entries that the step replaces. */
  readonly updates: readonly string[];
  /** The step's outputs, by name (without prefix). */
  readonly outputs: Readonly<Record<string, TensorSpec>>;
}

/** Graph names of state entries, inputs, new state entries and outputs. A prefix keeps them apart. */
export const stateName = (name: string) => `state/${name}`;
export const inputName = (name: string) => `input/${name}`;
export const updateName = (name: string) => `update/${name}`;
export const outputName = (name: string) => `output/${name}`;

/** The requirements of the runtime that will run the graph. */
export interface Target extends EncodeOptions {
  /** Operators that the runtime lacks; the graph avoids them where it can. */
  readonly missing?: readonly string[];
  /** Most tensors that one Concat joins or one Split produces. */
  readonly mostParts?: number;
}

/**
 * Records a step as one static ONNX graph.
 *
 * @throws TraceError where a static graph cannot express the step, or where the step uses an op without a kernel
 */
export function trace(
  step: Step,
  signature: Signature,
  { missing, mostParts, ...options }: Target = {},
): TracedStep {
  const inputs = new Map<string, Value>();
  const graph = backend.begin({
    inference: signature.inference === true,
    ...(missing && { missing }),
    ...(mostParts !== undefined && { mostParts }),
  });
  const before = tf.getBackend();
  const { stackTraceLimit } = Error;
  // TensorFlow.js's frames would push the step's frames out of an error's stack.
  Error.stackTraceLimit = 100;
  // The back end needs no initialisation, so `setBackend` switches before it returns, and nothing else runs in between.
  void tf.setBackend(TRACE_BACKEND);
  tf.engine().startScope();
  try {
    const placeholders = (
      specs: Readonly<Record<string, TensorSpec>>,
      graphName: (name: string) => string,
    ): Tensors =>
      Object.fromEntries(
        Object.entries(specs).map(([name, spec]) => {
          const value = graph.input(spec.shape, spec.dtype);
          inputs.set(graphName(name), value);
          return [name, tensorOf(value)];
        }),
      );
    const result = step({
      state: placeholders(signature.state, stateName),
      inputs: placeholders(signature.inputs, inputName),
    });

    const updates = Object.entries(result.state ?? {}).filter(([name, tensor]) => {
      checkUpdate(name, tensor, signature.state[name]);
      return recorded(graph, name, tensor) !== inputs.get(stateName(name));
    });
    const outputs = Object.entries(result.outputs).map(
      ([name, tensor]) => [name, recorded(graph, name, tensor)] as const,
    );
    const written = new Map([
      ...updates.map(([name, tensor]) => [updateName(name), recorded(graph, name, tensor)] as const),
      ...outputs.map(([name, value]) => [outputName(name), value] as const),
    ]);
    return {
      ...encode(graph, inputs, written, options),
      updates: updates.map(([name]) => name),
      outputs: Object.fromEntries(outputs.map(([name, { shape, dtype }]) => [name, { shape, dtype }])),
    };
  } catch (error) {
    throw explain(error);
  } finally {
    tf.engine().endScope();
    backend.begin();
    void tf.setBackend(before);
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function tensorOf(value: Value): Tensor {
  backend.incRef(value);
  return tf.engine().makeTensorFromTensorInfo({ dataId: value, shape: [...value.shape], dtype: value.dtype });
}

function recorded(graph: Graph, name: string, { dataId }: Tensor): Value {
  if (dataId instanceof Value && dataId.graph === graph) return dataId;
  throw new TraceError(`the step returns '${name}', a tensor that was made outside it`);
}

function checkUpdate(name: string, { shape, dtype }: Tensor, spec: TensorSpec | undefined): void {
  if (spec === undefined)
    throw new TraceError(`the step returns a state entry '${name}' that the state does not have`);
  if (!sameShape(shape, spec.shape) || dtype !== spec.dtype) {
    throw new TraceError(
      `the step turns state entry '${name}' from ${spec.dtype} [${spec.shape}] into ${dtype} [${shape}]`,
    );
  }
}
