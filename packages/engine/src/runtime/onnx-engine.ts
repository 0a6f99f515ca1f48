/**
 * The native engine: a step is traced once and ONNX Runtime runs the graph.
 *
 * State entries live in two buffers each. A run reads the current one and writes the new value into the spare one
 * (a preallocated output), then the two change places: nothing is copied and nothing is allocated from step to step.
 */

import { cpus } from 'node:os';
import * as ort from 'onnxruntime-node';
import { EngineError, firstLineOf } from '../errors.ts';
import {
  type ElementType,
  type HostTensor,
  type HostTensors,
  type Shape,
  sameShape,
} from '../host-tensor.ts';
import type { CompiledStep, Engine, Signature, State, Step } from '../step.ts';
import { inputName, outputName, stateName, type TracedStep, trace, updateName } from '../trace/trace.ts';

export interface OnnxEngineOptions {
  /** Threads within one operator; by default one for each core. */
  readonly threads?: number;
  /** Where ONNX Runtime computes; its CPU unless said. What it cannot do there it does on the CPU. */
  readonly provider?: ExecutionProvider;
}

/** ONNX Runtime's names of the accelerators that its package for Node knows. */
export const executionProviders = ['cuda', 'webgpu', 'dml', 'coreml'] as const;
export type ExecutionProvider = (typeof executionProviders)[number];

const NEEDS: Readonly<Record<ExecutionProvider, string>> = {
  cuda: 'It needs an NVIDIA GPU and what the install script of onnxruntime-node brings with --onnxruntime-node-install=cuda12',
  webgpu: 'It needs a GPU with a Vulkan, Direct3D 12 or Metal driver',
  dml: 'It needs Windows with DirectX 12',
  coreml: 'It needs macOS',
};

/** What ONNX Runtime says, without the places in its sources. */
function shortReason(error: unknown): string {
  const line = firstLineOf(error);
  return line.replace(/^.*\b(Failed to|failed to)\b/, 'failed to');
}

export function onnxEngine(options: OnnxEngineOptions = {}): Engine {
  const { threads = cpus().length, provider } = options;
  return {
    name: provider === undefined ? 'onnx' : `onnx-${provider}`,
    createState: (values) => new OnnxState(values),
    async compile(step: Step, signature: Signature): Promise<CompiledStep> {
      // Its package for Node drops what it does not have, and would compute on the CPU without a word.
      if (provider !== undefined && !ort.listSupportedBackends().some(({ name }) => name === provider)) {
        throw new EngineError(`ONNX Runtime has no ${provider} on ${process.platform}. ${NEEDS[provider]}.`);
      }
      const traced = trace(step, signature);
      const session = await ort.InferenceSession.create(traced.bytes, {
        executionProviders: provider === undefined ? ['cpu'] : [provider, 'cpu'],
        graphOptimizationLevel: 'all',
        enableMemPattern: false,
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        logSeverityLevel: 3,
      }).catch((error: unknown) => {
        if (provider === undefined) throw error;
        throw new EngineError(
          `ONNX Runtime cannot compute by ${provider} here: ${shortReason(error)}. ${NEEDS[provider]}.`,
          { cause: error },
        );
      });
      return new OnnxStep(session, traced, signature);
    },
  };
}

class OnnxState implements State {
  readonly current = new Map<string, ort.Tensor>();
  readonly spare = new Map<string, ort.Tensor>();
  busy = false;

  constructor(values: HostTensors) {
    for (const [name, value] of Object.entries(values)) {
      this.current.set(name, ortTensor({ ...value, data: value.data.slice() } as HostTensor));
    }
  }

  spareFor(name: string): ort.Tensor {
    const found = this.spare.get(name);
    if (found !== undefined) return found;
    const like = this.entry(name);
    const made = new ort.Tensor(like.type as 'float32', (like.data as Float32Array).slice(), like.dims);
    this.spare.set(name, made);
    return made;
  }

  swap(name: string): void {
    const written = this.spareFor(name);
    this.spare.set(name, this.entry(name));
    this.current.set(name, written);
  }

  async read(names: readonly string[] = [...this.current.keys()]): Promise<HostTensors> {
    return Object.fromEntries(
      names.map((name) => {
        const host = hostTensor(this.entry(name));
        return [name, { ...host, data: host.data.slice() } as HostTensor];
      }),
    );
  }

  dispose(): void {
    this.current.clear();
    this.spare.clear();
  }

  entry(name: string): ort.Tensor {
    const tensor = this.current.get(name);
    if (tensor === undefined) throw new EngineError(`the state has no entry '${name}'`);
    return tensor;
  }
}

class OnnxStep implements CompiledStep {
  readonly #session: ort.InferenceSession;
  readonly #traced: TracedStep;
  readonly #signature: Signature;
  readonly #used: ReadonlySet<string>;

  constructor(session: ort.InferenceSession, traced: TracedStep, signature: Signature) {
    this.#session = session;
    this.#traced = traced;
    this.#signature = signature;
    this.#used = new Set(traced.usedInputs);
  }

  async run(state: State, inputs: HostTensors): Promise<HostTensors> {
    if (!(state instanceof OnnxState)) throw new EngineError('this state belongs to another engine');
    if (state.busy) throw new EngineError('this state is in use by a run that has not ended');
    const feeds: Record<string, ort.Tensor> = {};
    for (const name of Object.keys(this.#signature.state)) {
      if (this.#used.has(stateName(name))) feeds[stateName(name)] = state.entry(name);
    }
    for (const [name, spec] of Object.entries(this.#signature.inputs)) {
      const value = inputs[name];
      checkInput(name, spec, value);
      if (this.#used.has(inputName(name))) feeds[inputName(name)] = ortTensor(value);
    }
    const fetches: Record<string, ort.Tensor | null> = {};
    for (const name of this.#traced.updates) fetches[updateName(name)] = state.spareFor(name);
    for (const name of this.#traced.outputs) fetches[outputName(name)] = null;

    state.busy = true;
    try {
      const results = await this.#session.run(feeds, fetches);
      for (const name of this.#traced.updates) state.swap(name);
      return Object.fromEntries(
        this.#traced.outputs.map((name) => [name, hostTensor(results[outputName(name)] as ort.Tensor)]),
      );
    } finally {
      state.busy = false;
    }
  }

  async dispose(): Promise<void> {
    await this.#session.release();
  }
}

function checkInput(
  name: string,
  spec: { readonly shape: Shape; readonly dtype: ElementType },
  value: HostTensor | undefined,
): asserts value is HostTensor {
  if (value === undefined) throw new EngineError(`the step needs an input '${name}'`);
  if (!sameShape(value.shape, spec.shape) || value.dtype !== spec.dtype) {
    throw new EngineError(
      `input '${name}' is ${value.dtype} [${value.shape}]; the step was compiled for ${spec.dtype} [${spec.shape}]`,
    );
  }
}

function ortTensor({ dtype, data, shape }: HostTensor): ort.Tensor {
  return new ort.Tensor(dtype as 'float32', data as Float32Array, [...shape]);
}

function hostTensor({ type, data, dims }: ort.Tensor): HostTensor {
  return { dtype: type as ElementType, data, shape: dims } as HostTensor;
}
