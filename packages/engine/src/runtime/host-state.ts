import type * as ort from 'onnxruntime-node';
import { type HostTensors, zeros } from '../host-tensor.ts';
import { NO_TENSOR } from '../trace/encode.ts';
import { outputName, updateName } from '../trace/trace.ts';
import { copyOf, type Feeds, type OnnxGraph, OnnxState } from './onnx-state.ts';
import { hostTensor, ortTensor } from './ort-tensor.ts';

/** The message of ONNX Runtime for Node for an output that is no tensor. */
const NO_TENSOR_TO_HAND_OVER = 'Non tensor type is temporarily not supported.';

/**
 * State in this process's memory, with two buffers per entry. A run reads the current buffer and writes the new value to
 * the spare one (a preallocated output); then the two are exchanged. An entry that the run does not read needs no spare
 * buffer.
 *
 * ONNX Runtime 1.30 for Node copies each output, even a preallocated one. With AdamW it would copy three times the
 * model's size at every step, to new pages. It converts outputs in the graph's order and stops at an output that is no
 * tensor. So the graph's first output is a list (`beginsWithList`): by then ONNX Runtime has written all outputs and
 * copied none.
 */
export class HostState extends OnnxState {
  readonly #spare = new Map<string, ort.Tensor>();

  async read(names: readonly string[] = [...this.current.keys()]): Promise<HostTensors> {
    return Object.fromEntries(names.map((name) => [name, copyOf(hostTensor(this.entry(name)))]));
  }

  override dispose(): void {
    super.dispose();
    this.#spare.clear();
  }

  protected async perform(graph: OnnxGraph, inputs: Feeds): Promise<HostTensors> {
    const { shared, reads, updates, outputs, writtenShapes } = graph;
    const targets = new Map(updates.map((name) => [name, this.#target(name, reads.has(name))]));
    const results = Object.fromEntries(Object.entries(outputs).map(([name, spec]) => [name, zeros(spec)]));
    const fetches: Record<string, ort.Tensor | null> = { [NO_TENSOR]: null };
    const writeTo = (name: string, place: ort.Tensor) => {
      fetches[name] = place.reshape(writtenShapes.get(name)!);
    };
    for (const [name, target] of targets) writeTo(updateName(name), target);
    for (const [name, result] of Object.entries(results)) writeTo(outputName(name), ortTensor(result));
    await shared.session.run({ ...inputs, ...this.entries(graph) }, fetches).catch((error: Error) => {
      if (!error.message.includes(NO_TENSOR_TO_HAND_OVER)) throw error;
    });
    for (const [name, target] of targets) {
      const before = this.entry(name);
      if (before !== target) this.#spare.set(name, before);
      this.current.set(name, target);
    }
    return results;
  }

  #target(name: string, isRead: boolean): ort.Tensor {
    const current = this.entry(name);
    if (!isRead) return current;
    return this.#spare.get(name) ?? ortTensor(zeros(hostTensor(current)));
  }
}
