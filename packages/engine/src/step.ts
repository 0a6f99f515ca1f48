/**
 * A step: a pure function over named tensors, written once in TensorFlow.js and run by any engine.
 *
 * State lives from one call to the next: parameters, running statistics, optimiser moments. Inputs change at every call:
 * images, labels, learning rate, random masks. A step returns the state entries that it replaces; the others keep their
 * values. A call must depend on state and inputs alone: an engine may run the function once, record it, and never call
 * it again.
 */
import type { HostTensors, TensorSpec } from './host-tensor.ts';
import type { Tensor } from './tf.ts';

export type Tensors = Readonly<Record<string, Tensor>>;

export interface StepArguments {
  readonly state: Tensors;
  readonly inputs: Tensors;
}

export interface StepResult {
  /** New values of the state entries that change, by name. */
  readonly state?: Tensors;
  readonly outputs: Tensors;
}

export type Step = (args: StepArguments) => StepResult;

/** Static shapes and types of everything that a step reads. */
export interface Signature {
  readonly state: Readonly<Record<string, TensorSpec>>;
  readonly inputs: Readonly<Record<string, TensorSpec>>;
  /** Whether the step takes no gradient. An engine may then use forms of operators that only serve the forward pass. */
  readonly inference?: boolean;
  /**
   * Whether a run returns memory to the system as soon as it no longer needs it. It is for a step between steps that need
   * more memory.
   */
  readonly keepsNoMemory?: boolean;
}

/** State held by an engine. Several compiled steps (training and evaluation) can share one state. */
export interface State {
  /** Copies the present values of the named entries, by default of all. */
  read(names?: readonly string[]): Promise<HostTensors>;
  dispose(): void;
}

/** A step compiled for one set of shapes. Runs on one state must not overlap. */
export interface CompiledStep {
  /** Runs the step once, replaces the state entries that it returns, and returns its outputs. */
  run(state: State, inputs: HostTensors): Promise<HostTensors>;
  dispose(): Promise<void>;
}

/** Where steps run. */
export interface Engine {
  readonly name: string;
  createState(values: HostTensors): State;
  compile(step: Step, signature: Signature): Promise<CompiledStep>;
}
