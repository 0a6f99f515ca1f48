import type * as ort from 'onnxruntime-node';
import { EngineError } from '../errors.ts';
import type { HostTensor, HostTensors, Shape, TensorSpec } from '../host-tensor.ts';
import type { State } from '../step.ts';
import { stateName } from '../trace/trace.ts';
import { ortTensor } from './ort-tensor.ts';
import type { SharedSession } from './session-cache.ts';

/** A compiled step: its session and the names that a run reads and writes. */
export interface OnnxGraph {
  readonly shared: SharedSession;
  /** Names of the state entries that the step reads. */
  readonly reads: ReadonlySet<string>;
  /** Names of the state entries that the step replaces. */
  readonly updates: readonly string[];
  readonly outputs: Readonly<Record<string, TensorSpec>>;
  /** Shapes of the new state entries and outputs in the file, by their graph names. */
  readonly writtenShapes: ReadonlyMap<string, Shape>;
}

export type Feeds = Readonly<Record<string, ort.Tensor>>;

/** The native engine's state: the tensors that a run reads and replaces. */
export abstract class OnnxState implements State {
  protected readonly current = new Map<string, ort.Tensor>();
  #busy = false;

  constructor(values: HostTensors) {
    for (const [name, value] of Object.entries(values)) this.current.set(name, ortTensor(copyOf(value)));
  }

  /**
   * Runs the graph once, replaces the state entries that it updates, and returns its outputs.
   *
   * @param inputs by their graph names
   * @throws EngineError while another run or read uses the state
   */
  run(graph: OnnxGraph, inputs: Feeds): Promise<HostTensors> {
    return this.alone(() => this.perform(graph, inputs));
  }

  abstract read(names?: readonly string[]): Promise<HostTensors>;

  dispose(): void {
    this.#assertIdle();
    this.current.clear();
  }

  protected abstract perform(graph: OnnxGraph, inputs: Feeds): Promise<HostTensors>;

  protected async alone<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#assertIdle();
    this.#busy = true;
    try {
      return await work();
    } finally {
      this.#busy = false;
    }
  }

  protected entry(name: string): ort.Tensor {
    const tensor = this.current.get(name);
    if (tensor === undefined) throw new EngineError(`the state has no entry '${name}'`);
    return tensor;
  }

  protected entries({ reads }: OnnxGraph): Feeds {
    return Object.fromEntries(Array.from(reads, (name) => [stateName(name), this.entry(name)]));
  }

  #assertIdle(): void {
    if (this.#busy) throw new EngineError('this state is in use by a run that has not ended');
  }
}

export function copyOf(tensor: HostTensor): HostTensor {
  return { ...tensor, data: tensor.data.slice() } as HostTensor;
}
