/**
 * From gradients to new parameters: one optimiser update for each trained parameter. Pure, so that a step which comes
 * by its gradients in another way (accumulated, cached) ends in the same update.
 */
import { type HostTensors, scalar } from './host-tensor.ts';
import type { Optimizer } from './optim/optimizer.ts';
import type { Tensors } from './step.ts';
import { type Scalar, type Tensor, tf } from './tf.ts';

export interface UpdateOptions {
  /** Names of the state entries that are trained. The others are frozen: no gradient, no optimiser slots. */
  readonly parameters: readonly string[];
  readonly optimizer: Optimizer;
  /** Whether weight decay applies to a parameter; by default to those with more than one axis. */
  readonly decays?: (name: string, parameter: Tensor) => boolean;
}

export interface UpdateArguments extends UpdateOptions {
  /** By parameter name, shaped like the parameters. */
  readonly gradients: Tensors;
  /** Parameters and optimiser slots before the update. */
  readonly state: Tensors;
  /** Holds the scalars of {@link optimizerInputs}. */
  readonly inputs: Tensors;
}

/** The state entries that the update replaces, and `gradientNorm`: the global L2 norm over all trained parameters. */
export function applyGradients(args: UpdateArguments): { state: Tensors; metrics: { gradientNorm: Scalar } } {
  const { parameters, optimizer, gradients, state, inputs, decays = (_name, { rank }) => rank > 1 } = args;
  const scalars = Object.fromEntries(
    Object.keys(optimizer.scalars(0)).map((name) => [name, inputs[scalarName(name)] as Scalar]),
  );
  const updated: Record<string, Tensor> = {};
  for (const name of parameters) {
    const parameter = state[name]!;
    const slots = Object.fromEntries(optimizer.slots.map((slot) => [slot, state[slotName(slot, name)]!]));
    const gradient = gradients[name]!;
    const decay = decays(name, parameter);
    const update = optimizer.update({ parameter, gradient, slots, scalars, decay });
    updated[name] = update.parameter;
    for (const [slot, value] of Object.entries(update.slots)) updated[slotName(slot, name)] = value;
  }
  const squares = parameters.map((name) => tf.sum<Scalar>(tf.square(gradients[name]!)));
  return { state: updated, metrics: { gradientNorm: tf.sqrt(tf.addN(squares)) as Scalar } };
}

/** The scalar inputs that an update needs at step `step`, counted from 0. */
export function optimizerInputs(optimizer: Optimizer, step: number): HostTensors {
  return Object.fromEntries(
    Object.entries(optimizer.scalars(step)).map(([name, value]) => [scalarName(name), scalar(value)]),
  );
}

/** The state entry of an optimiser's slot for one parameter. */
export const slotName = (slot: string, parameter: string) => `optimizer/${slot}/${parameter}`;
const scalarName = (name: string) => `optimizer/${name}`;
