/** Declares kernels: each maps a TensorFlow.js op to graph operators. */

import { TraceError } from '../errors.ts';
import { type ElementType, sizeOf } from '../host-tensor.ts';
import { noteCall } from '../op-calls.ts';
import { tf } from '../tf.ts';
import { backend, TRACE_BACKEND } from './backend.ts';
import { Value } from './graph.ts';

/**
 * One call of an op. `inputs` are keyed by the op's names, `list` holds them in order for variadic ops, and `attrs` are
 * TensorFlow.js's own.
 */
export interface KernelCall<Attributes> {
  readonly inputs: Readonly<Record<string, Value>>;
  readonly list: readonly Value[];
  readonly attrs: Attributes;
}

/** Registers the kernel of one op with the tracing back end. It adds the op and the shapes to errors of `lower`. */
export function kernel<Attributes = Record<string, never>>(
  name: string,
  lower: (call: KernelCall<Attributes>) => Value | readonly Value[],
): void {
  tf.registerKernel({
    kernelName: name,
    backendName: TRACE_BACKEND,
    kernelFunc: ({ inputs, attrs }) => {
      const entries = Object.entries(inputs).filter(([, tensor]) => tensor !== undefined && tensor !== null);
      const list = entries.map(([, tensor]) => traced(name, tensor as TensorInfo));
      try {
        const result = lower({
          inputs: Object.fromEntries(entries.map(([input], index) => [input, list[index]!])),
          list,
          attrs: (attrs ?? {}) as Attributes,
        });
        return result instanceof Value ? tensorInfo(result) : result.map(tensorInfo);
      } catch (error) {
        noteCall(error, name, list);
        throw error;
      }
    },
  });
}

interface TensorInfo {
  readonly dataId: object;
  readonly shape: number[];
  readonly dtype: string;
}

function tensorInfo(value: Value): { dataId: Value; shape: number[]; dtype: ElementType } {
  backend.incRef(value);
  return { dataId: value, shape: [...value.shape], dtype: value.dtype };
}

function traced(op: string, { dataId, shape }: TensorInfo): Value {
  if (dataId instanceof Value && dataId.graph === backend.graph) {
    if (sizeOf(shape) !== sizeOf(dataId.shape)) throw new TraceError(`${op}: a tensor lost its shape`);
    return dataId;
  }
  throw new TraceError(
    `${op} uses a tensor of shape [${shape}] that was made outside the step: the graph would freeze its present ` +
      'value. Pass it through the state or the inputs, or make it inside the step with constant(…)',
  );
}
