import type * as ort from 'onnxruntime-node';
import type { ElementType, HostTensors } from '../host-tensor.ts';
import { encodeModel } from '../trace/onnx-proto.ts';
import { outputName, updateName } from '../trace/trace.ts';
import { type Feeds, type OnnxGraph, OnnxState } from './onnx-state.ts';
import { hostTensor } from './ort-tensor.ts';
import { type SharedSession, sharedSession } from './session-cache.ts';

/** The only provider whose device buffers ONNX Runtime for Node accepts as inputs and returns as outputs. */
export const KEEPS_STATE = 'webgpu';

/**
 * State in buffers of the accelerator from the first run on. Runs read these buffers and leave new ones there. A buffer
 * ends with the session that made it, so the state keeps those sessions alive.
 */
export class DeviceState extends OnnxState {
  readonly #makers = new Map<ort.InferenceSession, SharedSession>();
  #there = false;

  async read(names: readonly string[] = [...this.current.keys()]): Promise<HostTensors> {
    if (names.length === 0) return {};
    return this.alone(async () => {
      const wanted = new Map(names.map((name) => [name, this.entry(name)]));
      const { tensors, maker } = await copies(wanted, 'cpu');
      maker.release();
      return Object.fromEntries(Array.from(tensors, ([name, tensor]) => [name, hostTensor(tensor)]));
    });
  }

  override dispose(): void {
    const tensors = [...this.current.values()];
    super.dispose();
    for (const tensor of tensors) tensor.dispose();
    for (const maker of this.#makers.values()) maker.release();
    this.#makers.clear();
  }

  protected async perform(graph: OnnxGraph, inputs: Feeds): Promise<HostTensors> {
    const { shared, updates } = graph;
    const outputs = Object.keys(graph.outputs);
    await this.#moveThere();
    const wanted = [...updates.map(updateName), ...outputs.map(outputName)];
    const fetches = Object.fromEntries(wanted.map((name) => [name, null]));
    const results = await shared.session.run({ ...inputs, ...this.entries(graph) }, fetches);
    if (!this.#makers.has(shared.session)) this.#makers.set(shared.session, shared.share());
    for (const name of updates) {
      this.entry(name).dispose();
      this.current.set(name, results[updateName(name)]!);
    }
    return Object.fromEntries(outputs.map((name) => [name, hostTensor(results[outputName(name)]!)]));
  }

  async #moveThere(): Promise<void> {
    if (this.#there || this.current.size === 0) return;
    const { tensors, maker } = await copies(this.current, 'gpu-buffer');
    this.#makers.set(maker.session, maker);
    for (const [name, tensor] of tensors) this.current.set(name, tensor);
    this.#there = true;
  }
}

/**
 * Copies tensors to or from the accelerator by a graph of Identity nodes. ONNX Runtime for Node has no other upload, and
 * its download (`getData`) ends the process.
 */
async function copies(
  tensors: ReadonlyMap<string, ort.Tensor>,
  location: 'cpu' | 'gpu-buffer',
): Promise<{ tensors: Map<string, ort.Tensor>; maker: SharedSession }> {
  const names = [...tensors.keys()];
  const ports = (prefix: string) =>
    Array.from(tensors, ([name, { type, dims }]) => ({
      name: prefix + name,
      type: type as ElementType,
      shape: dims,
    }));
  const model = encodeModel({
    nodes: names.map((name) => ({
      op: 'Identity',
      inputs: [FROM + name],
      outputs: [TO + name],
      attributes: {},
    })),
    initializers: [],
    inputs: ports(FROM),
    outputs: ports(TO),
  });
  const maker = await sharedSession(model, {
    executionProviders: [KEEPS_STATE, 'cpu'],
    preferredOutputLocation: location,
    logSeverityLevel: 3,
  });
  const given = Array.from(tensors, ([name, tensor]) => [FROM + name, tensor]);
  try {
    const results = await maker.session.run(Object.fromEntries(given));
    return { tensors: new Map(names.map((name) => [name, results[TO + name]!])), maker };
  } catch (error) {
    maker.release();
    throw error;
  }
}

const FROM = 'from/';
const TO = 'to/';
