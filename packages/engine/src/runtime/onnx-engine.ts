/**
 * The native engine: it traces a step once, and ONNX Runtime runs the graph. State stays on the accelerator where ONNX
 * Runtime for Node supports it.
 */

import { availableParallelism } from 'node:os';
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
import {
  inputName,
  outputName,
  stateName,
  type Target,
  type TracedStep,
  trace,
  updateName,
} from '../trace/trace.ts';
import { DeviceState, KEEPS_STATE } from './device-state.ts';
import { HostState } from './host-state.ts';
import type { OnnxGraph } from './onnx-state.ts';
import { ortTensor } from './ort-tensor.ts';
import { sameBits } from './same-bits.ts';
import { type SharedSession, sharedSession } from './session-cache.ts';

export interface OnnxEngineOptions {
  /** Threads within one operator; by default one for each core. */
  readonly threads?: number;
  /** Where ONNX Runtime computes; the CPU by default. */
  readonly provider?: ExecutionProvider;
  /**
   * Whether the CPU computes the operators that the provider lacks; true by default. If false, a step with such operators
   * does not compile.
   */
  readonly fallback?: boolean;
}

/** ONNX Runtime's names of the accelerators that its Node package supports. */
export const executionProviders = ['cuda', 'webgpu', 'dml', 'coreml'] as const;
export type ExecutionProvider = (typeof executionProviders)[number];

const NEEDS: Readonly<Record<ExecutionProvider, string>> = {
  cuda: 'It needs an NVIDIA GPU and the provider that the install script of onnxruntime-node installs with --onnxruntime-node-install=cuda12',
  webgpu: 'It needs a GPU with a Vulkan, Direct3D 12 or Metal driver',
  dml: 'It needs Windows with DirectX 12',
  coreml: 'It needs macOS',
};

/**
 * On WebGPU, ONNX Runtime would run the `missing` operators on the CPU and copy masks at every step. An operator has
 * eight buffers; one holds the whole tensor, so at most seven parts remain.
 */
const TARGETS: Readonly<Partial<Record<ExecutionProvider, Target>>> = {
  webgpu: { missing: ['Slice of bool', 'Concat of bool'], mostParts: 7 },
};

/** The first line of ONNX Runtime's message, without the places in its sources. */
function shortReason(error: unknown): string {
  const line = firstLineOf(error);
  return line.replace(/^.*\b(Failed to|failed to)\b/, 'failed to').replace(/\.$/, '');
}

type StateClass = typeof HostState | typeof DeviceState;

export function onnxEngine(options: OnnxEngineOptions = {}): Engine {
  const { threads = availableParallelism(), provider } = options;
  const fallback = provider === undefined || options.fallback !== false;
  const Kept: StateClass = provider === KEEPS_STATE ? DeviceState : HostState;
  return {
    name: provider === undefined ? 'onnx' : `onnx-${provider}`,
    createState: (values) => new Kept(values),
    async compile(step: Step, signature: Signature): Promise<CompiledStep> {
      // ONNX Runtime for Node ignores a provider that it does not have and would compute on the CPU instead.
      if (provider !== undefined && !ort.listSupportedBackends().some(({ name }) => name === provider)) {
        throw new EngineError(`ONNX Runtime has no ${provider} on ${process.platform}. ${NEEDS[provider]}.`);
      }
      const traced = trace(step, signature, {
        ...(provider && TARGETS[provider]),
        rowBlocks: provider === undefined && signature.inference !== true,
        beginsWithList: Kept === HostState,
      });
      const shared = await sharedSession(traced.bytes, {
        executionProviders: provider === undefined ? ['cpu'] : fallback ? [provider, 'cpu'] : [provider],
        graphOptimizationLevel: 'all',
        ...(!fallback && { extra: { session: { disable_cpu_ep_fallback: '1' } } }),
        ...(provider === undefined && sameBits),
        // Memory patterns are off: they are no faster and raise peak memory by half.
        enableMemPattern: false,
        enableCpuMemArena: !signature.keepsNoMemory,
        ...(Kept === DeviceState && { preferredOutputLocation: locationsOf(traced) }),
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        logSeverityLevel: 3,
      }).catch((error: unknown) => {
        if (provider === undefined) throw error;
        const reason = shortReason(error);
        const advice = reason.includes('CPU EP') ? 'Allow the fallback, or use other ops' : NEEDS[provider];
        throw new EngineError(`ONNX Runtime cannot compute by ${provider} here: ${reason}. ${advice}.`, {
          cause: error,
        });
      });
      return new OnnxStep(shared, traced, signature, Kept);
    },
  };
}

class OnnxStep implements CompiledStep {
  readonly #inputs: Signature['inputs'];
  readonly #used: ReadonlySet<string>;
  readonly #kept: StateClass;
  #graph: OnnxGraph | undefined;

  constructor(shared: SharedSession, traced: TracedStep, signature: Signature, kept: StateClass) {
    const { usedInputs, updates, outputs, writtenShapes } = traced;
    this.#inputs = signature.inputs;
    this.#used = new Set(usedInputs);
    this.#kept = kept;
    const reads = Object.keys(signature.state).filter((name) => this.#used.has(stateName(name)));
    this.#graph = { shared, reads: new Set(reads), updates, outputs, writtenShapes };
  }

  async run(state: State, inputs: HostTensors): Promise<HostTensors> {
    if (this.#graph === undefined) throw new EngineError('this step has been disposed');
    if (!(state instanceof this.#kept)) throw new EngineError('this state belongs to another engine');
    return state.run(this.#graph, this.#feedsOf(inputs));
  }

  #feedsOf(inputs: HostTensors): Record<string, ort.Tensor> {
    const feeds: Record<string, ort.Tensor> = {};
    for (const [name, spec] of Object.entries(this.#inputs)) {
      const value = inputs[name];
      checkInput(name, spec, value);
      if (this.#used.has(inputName(name))) feeds[inputName(name)] = ortTensor(value);
    }
    return feeds;
  }

  async dispose(): Promise<void> {
    this.#graph?.shared.release();
    this.#graph = undefined;
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

/** New state stays on the accelerator; outputs are copied to the host. */
function locationsOf({ updates, outputs }: TracedStep): Record<string, 'gpu-buffer' | 'cpu'> {
  return Object.fromEntries([
    ...updates.map((name) => [updateName(name), 'gpu-buffer'] as const),
    ...Object.keys(outputs).map((name) => [outputName(name), 'cpu'] as const),
  ]);
}
