/**
 * Forward passes with constant weights. The weights are part of the graph: ONNX Runtime packs them for its kernels once,
 * and batch norms are folded into convolutions.
 */
import type { HostTensors } from './host-tensor.ts';
import type { Engine, Signature, Step, Tensors } from './step.ts';
import { constant } from './trace/backend.ts';
import { inputName, outputName, trace } from './trace/trace.ts';

/** Maps weights and inputs to outputs, all by name. */
export type Forward = (weights: Tensors, inputs: Tensors) => Tensors;

export interface CompiledForward {
  run(inputs: HostTensors): Promise<HostTensors>;
  dispose(): Promise<void>;
}

/** Compiles a forward pass for inputs of the given shapes. */
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
  /** The file's name of each input. */
  readonly inputs: Readonly<Record<string, string>>;
  /** The file's name of each output. */
  readonly outputs: Readonly<Record<string, string>>;
}

/** Exports a forward pass as an ONNX file for any ONNX Runtime. */
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
