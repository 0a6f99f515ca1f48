/**
 * A step: a pure function over named tensors, written once in TensorFlow.js and run by any engine.
 *
 * State is what lives from one call to the next (parameters, running statistics, optimiser moments); inputs are what
 * changes at every call (images, labels, learning rate, random masks). A step returns the state entries that it
 * replaces; the others stay as they are. Everything that a call depends on must be one of the two: an engine may run
 * the function once, record it, and never call it again.
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
  /** The step takes no gradient: an engine may give its operators forms that only serve the forward pass. */
  readonly inference?: boolean;
  /** Memory goes back to the system as soon as a run no longer needs it: for a step between others that need more of it. */
  readonly keepsNoMemory?: boolean;
}

/** State held by an engine. One state can be shared by several compiled steps (training and evaluation). */
export interface State {
  /** Copies of the present values, or of the named ones only. */
  read(names?: readonly string[]): Promise<HostTensors>;
  dispose(): void;
}

/** A step made ready for one set of shapes. Runs on one state must not overlap. */
export interface CompiledStep {
  /** Runs once, replaces the state entries that the step returns, and gives back its outputs. */
  run(state: State, inputs: HostTensors): Promise<HostTensors>;
  dispose(): Promise<void>;
}

/** Where steps run. */
export interface Engine {
  readonly name: string;
  createState(values: HostTensors): State;
  compile(step: Step, signature: Signature): Promise<CompiledStep>;
}
