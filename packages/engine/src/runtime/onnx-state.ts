import { MessageChannel } from 'node:worker_threads';
import type * as ort from 'onnxruntime-node';
import { EngineError } from '../errors.ts';
import type { HostTensor, HostTensors } from '../host-tensor.ts';
import type { State } from '../step.ts';
import { hostTensor, ortTensor } from './ort-tensor.ts';
import type { SharedSession } from './session-cache.ts';

/** What a run of the native engine reads and replaces. */
export abstract class OnnxState implements State {
  protected readonly current = new Map<string, ort.Tensor>();
  #busy = false;

  constructor(values: HostTensors) {
    for (const [name, value] of Object.entries(values)) this.current.set(name, ortTensor(copyOf(value)));
  }

  /** @throws EngineError while other work on the state has not ended */
  async alone<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#assertIdle();
    this.#busy = true;
    try {
      return await work();
    } finally {
      this.#busy = false;
    }
  }

  entry(name: string): ort.Tensor {
    const tensor = this.current.get(name);
    if (tensor === undefined) throw new EngineError(`the state has no entry '${name}'`);
    return tensor;
  }

  dispose(): void {
    this.#assertIdle();
    this.current.clear();
  }

  /** Comes before a run. */
  abstract prepare(): Promise<void>;
  /** Where a run, which may read the entry, writes its new value; null where ONNX Runtime finds a place. */
  abstract target(name: string, isRead: boolean): ort.Tensor | null;
  /** A run of that session has written new values. */
  abstract wrote(shared: SharedSession): void;
  /** What a run wrote is the entry from now on: in `target`, where there was one. */
  abstract replace(name: string, returned: ort.Tensor, target: ort.Tensor | null): void;
  abstract read(names?: readonly string[]): Promise<HostTensors>;

  #assertIdle(): void {
    if (this.#busy) throw new EngineError('this state is in use by a run that has not ended');
  }
}

/**
 * Two buffers an entry. A run reads the current one and writes the new value into the spare one (a preallocated
 * output), then the two change places. An entry that the run does not read needs no second buffer.
 */
export class HostState extends OnnxState {
  readonly #spare = new Map<string, ort.Tensor>();

  async prepare(): Promise<void> {}

  wrote(): void {}

  target(name: string, isRead: boolean): ort.Tensor {
    const current = this.entry(name);
    if (!isRead) return current;
    const found = this.#spare.get(name);
    if (found !== undefined) return found;
    const made = ortTensor(copyOf(hostTensor(current)));
    this.#spare.set(name, made);
    return made;
  }

  replace(name: string, returned: ort.Tensor, target: ort.Tensor): void {
    const before = this.entry(name);
    if (target !== before) this.#spare.set(name, before);
    this.current.set(name, target);
    if (bufferOf(returned) !== bufferOf(target)) free(bufferOf(returned));
  }

  async read(names: readonly string[] = [...this.current.keys()]): Promise<HostTensors> {
    return Object.fromEntries(names.map((name) => [name, copyOf(hostTensor(this.entry(name)))]));
  }

  override dispose(): void {
    super.dispose();
    this.#spare.clear();
  }
}

function copyOf(tensor: HostTensor): HostTensor {
  return { ...tensor, data: tensor.data.slice() } as HostTensor;
}

const bufferOf = ({ data }: ort.Tensor) => (data as Float32Array<ArrayBuffer>).buffer;

const { port1: closedPort } = new MessageChannel();
closedPort.close();

/**
 * ONNX Runtime for Node returns a copy even of what it wrote to memory given to it. The garbage collector would let
 * copies of the whole state pile up, each on new pages; a message that nobody receives frees them at once.
 */
function free(buffer: ArrayBuffer): void {
  closedPort.postMessage(undefined, [buffer]);
}
