/**
 * Forward passes whose weights no longer change: they are part of the graph, where ONNX Runtime packs them for its
 * kernels once and folds batch norms into convolutions.
 */
import type { HostTensors } from './host-tensor.ts';
import type { Engine, Signature, Step, Tensors } from './step.ts';
import { constant } from './trace/backend.ts';
import { inputName, outputName, trace } from './trace/trace.ts';

/** From weights and inputs to outputs, by name. */
export type Forward = (weights: Tensors, inputs: Tensors) => Tensors;

export interface CompiledForward {
  run(inputs: HostTensors): Promise<HostTensors>;
  dispose(): Promise<void>;
}

/** Makes a forward pass ready to run on inputs of these shapes. */
export async function compileForward(
  engine: Engine,
  forward: Forward,
  weights: HostTensors,
  inputs: Signature['inputs'],
): Promise<CompiledForward> {
  const step = await engine.compile(withConstants(forward, weights), { state: {}, inputs, inference: true });
  const state = engine.createState({});
  return {
    run: (values) => step.run(state, values),
    async dispose() {
      state.dispose();
      await step.dispose();
    },
  };
}

export interface ExportedForward {
  /** An ONNX file. */
  readonly bytes: Uint8Array;
  /** What the file calls its inputs and outputs, by their own names. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
}

/** The same as an ONNX file, for any ONNX Runtime. */
export function exportForward(
  forward: Forward,
  weights: HostTensors,
  inputs: Signature['inputs'],
): ExportedForward {
  const { bytes, outputs } = trace(withConstants(forward, weights), { state: {}, inputs, inference: true });
  return {
    bytes,
    inputs: Object.fromEntries(Object.keys(inputs).map((name) => [name, inputName(name)])),
    outputs: Object.fromEntries(Object.keys(outputs).map((name) => [name, outputName(name)])),
  };
}

function withConstants(forward: Forward, weights: HostTensors): Step {
  return ({ inputs }) => {
    const constants = Object.entries(weights).map(([name, value]) => [name, constant(value)] as const);
    return { outputs: forward(Object.fromEntries(constants), inputs) };
  };
}
