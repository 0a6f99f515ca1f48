/**
 * Runs a step op by op on one of TensorFlow.js's own back ends: plain JavaScript, which is the slow oracle, or its native
 * library.
 */

import { EngineError } from '../errors.ts';
import type { HostTensor, HostTensors } from '../host-tensor.ts';
import type { CompiledStep, Engine, State, Step, Tensors } from '../step.ts';
import { type Tensor, tf } from '../tf.ts';

/** @param backend TensorFlow.js's name of a registered back end */
export function eagerEngine(name = 'cpu', backend = 'cpu'): Engine {
  return {
    name,
    createState: (values) => on(backend, () => new EagerState(values)),
    compile: async (step) => new EagerStep(step, backend),
  };
}

/** Does the work with the given back end, then restores the previous one. */
function on<Result>(backend: string, work: () => Result): Result {
  const before = tf.getBackend();
  void tf.setBackend(backend);
  try {
    return work();
  } finally {
    void tf.setBackend(before);
  }
}

class EagerState implements State {
  readonly tensors = new Map<string, Tensor>();

  constructor(values: HostTensors) {
    for (const [name, value] of Object.entries(values)) this.tensors.set(name, tf.keep(eagerTensor(value)));
  }

  async read(names: readonly string[] = [...this.tensors.keys()]): Promise<HostTensors> {
    return Object.fromEntries(
      names.map((name) => {
        const tensor = this.tensors.get(name);
        if (tensor === undefined) throw new EngineError(`the state has no entry '${name}'`);
        return [name, hostTensor(tensor)];
      }),
    );
  }

  /** Replaces entries. Entries may be exchanged, and one tensor may become several entries. */
  replace(entries: Tensors): void {
    const old: Tensor[] = [];
    for (const [name, tensor] of Object.entries(entries)) {
      const before = this.tensors.get(name);
      if (before === undefined)
        throw new EngineError(`the step returns a state entry '${name}' that the state does not have`);
      old.push(before);
      this.tensors.set(name, tf.keep(tf.clone(tensor)));
    }
    for (const tensor of old) tensor.dispose();
  }

  dispose(): void {
    for (const tensor of this.tensors.values()) tensor.dispose();
    this.tensors.clear();
  }
}

class EagerStep implements CompiledStep {
  readonly #step: Step;
  readonly #backend: string;

  constructor(step: Step, backend: string) {
    this.#step = step;
    this.#backend = backend;
  }

  async run(state: State, inputs: HostTensors): Promise<HostTensors> {
    if (!(state instanceof EagerState)) throw new EngineError('this state belongs to another engine');
    return on(this.#backend, () =>
      tf.tidy(() => {
        const fed = Object.fromEntries(
          Object.entries(inputs).map(([name, value]) => [name, eagerTensor(value)]),
        );
        const result = this.#step({ state: Object.fromEntries(state.tensors), inputs: fed });
        const outputs = Object.entries(result.outputs).map(
          ([name, tensor]) => [name, hostTensor(tensor)] as const,
        );
        state.replace(result.state ?? {});
        return Object.fromEntries(outputs) as never;
      }),
    );
  }

  async dispose(): Promise<void> {}
}

function eagerTensor({ data, shape, dtype }: HostTensor): Tensor {
  return tf.tensor(data.slice(), [...shape], dtype);
}

function hostTensor(tensor: Tensor): HostTensor {
  const { shape } = tensor;
  // The cpu back end may share a cast's input array with its output, so only the tensor's `dtype` tells the type.
  const values = tensor.dataSync();
  switch (tensor.dtype) {
    case 'float32':
      return { dtype: 'float32', shape, data: Float32Array.from(values) };
    case 'int32':
      return { dtype: 'int32', shape, data: Int32Array.from(values) };
    case 'bool':
      return { dtype: 'bool', shape, data: Uint8Array.from(values) };
    default:
      throw new EngineError(`a step cannot return a tensor of type ${tensor.dtype}`);
  }
}
