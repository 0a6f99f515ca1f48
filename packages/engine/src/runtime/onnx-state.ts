import type * as ort from 'onnxruntime-node';
import { EngineError } from '../errors.ts';
import type { HostTensor, HostTensors, Shape, TensorSpec } from '../host-tensor.ts';
import type { State } from '../step.ts';
import { stateName } from '../trace/trace.ts';
import { ortTensor } from './ort-tensor.ts';
import type { SharedSession } from './session-cache.ts';

/** A step as ONNX Runtime runs it. */
export interface OnnxGraph {
  readonly shared: SharedSession;
  /** Names of the state entries that it reads, and of those that it replaces. */
  readonly reads: ReadonlySet<string>;
  readonly updates: readonly string[];
  readonly outputs: Readonly<Record<string, TensorSpec>>;
  /** By the graph's own names for what it replaces and gives. */
  readonly writtenShapes: ReadonlyMap<string, Shape>;
}

export type Feeds = Readonly<Record<string, ort.Tensor>>;

/** What a run of the native engine reads and replaces. */
export abstract class OnnxState implements State {
  protected readonly current = new Map<string, ort.Tensor>();
  #busy = false;

  constructor(values: HostTensors) {
    for (const [name, value] of Object.entries(values)) this.current.set(name, ortTensor(copyOf(value)));
  }

  /**
   * Replaces entries, and gives the outputs.
   *
   * @param inputs by the graph's own names
   * @throws EngineError while other work on the state has not ended
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
