/**
 * From gradients to new parameters: one optimiser update for each trained parameter. Pure, so that a step which comes
 * by its gradients in another way (accumulated, cached) ends in the same update.
 */
import { EngineError } from './errors.ts';
import { type HostTensors, scalar } from './host-tensor.ts';
import { timmDecays } from './optim/decay-rule.ts';
import { updatedAverages } from './optim/moving-average.ts';
import type { Optimizer } from './optim/optimizer.ts';
import type { Tensors } from './step.ts';
import { type Scalar, type Tensor, tf } from './tf.ts';

export interface UpdateOptions {
  /** Names of the state entries that are trained. The others are frozen: no gradient, no optimiser slots. */
  readonly parameters: readonly string[];
  readonly optimizer: Optimizer;
  /** Whether weight decay applies to a parameter; {@link timmDecays} by default. */
  readonly decays?: (name: string, parameter: Tensor) => boolean;
  /** Factor of a parameter's learning rate, 1 by default: `layerDecay`. */
  readonly rateScale?: (name: string) => number;
  /** Largest global L2 norm of the gradients: longer ones are scaled down to it. No limit by default. */
  readonly clipNorm?: number;
  /** Whether to keep moving averages of the parameters (`averageState`, `averageInputs`). */
  readonly averages?: boolean;
}

export interface UpdateArguments extends UpdateOptions {
  /** By parameter name, shaped like the parameters. */
  readonly gradients: Tensors;
  /** Parameters and optimiser slots before the update. */
  readonly state: Tensors;
  /** Holds the scalars of {@link optimizerInputs}. */
  readonly inputs: Tensors;
}

/**
 * The state entries that the update replaces, and `gradientNorm`: the global L2 norm over all trained parameters, before
 * clipping.
 *
 * @throws EngineError for a limit that is no positive number, or where the moving averages' entries are missing
 */
export function applyGradients(args: UpdateArguments): { state: Tensors; metrics: { gradientNorm: Scalar } } {
  const { parameters, optimizer, gradients, state, inputs, decays = timmDecays, rateScale, clipNorm } = args;
  const scalars = Object.fromEntries(
    Object.keys(optimizer.scalars(0)).map((name) => [name, inputs[scalarName(name)] as Scalar]),
  );
  const squares = parameters.map((name) => tf.sum<Scalar>(tf.square(gradients[name]!)));
  const gradientNorm = tf.sqrt<Scalar>(squares.reduce((sum, square) => tf.add<Scalar>(sum, square)));
  const shrink = clipNorm === undefined ? undefined : clipFactor(gradientNorm, clipNorm);
  const trained: Record<string, Tensor> = {};
  const slotUpdates: Record<string, Tensor> = {};
  for (const name of parameters) {
    const parameter = state[name]!;
    const update = optimizer.update({
      parameter,
      gradient: shrink === undefined ? gradients[name]! : tf.mul(gradients[name]!, shrink),
      slots: Object.fromEntries(optimizer.slots.map((slot) => [slot, state[slotName(slot, name)]!])),
      scalars: scaledRate(scalars, rateScale?.(name) ?? 1),
      decay: decays(name, parameter),
    });
    trained[name] = update.parameter;
    for (const [slot, value] of Object.entries(update.slots)) slotUpdates[slotName(slot, name)] = value;
  }
  const averages = args.averages ? updatedAverages(state, inputs, trained) : {};
  return { state: { ...trained, ...slotUpdates, ...averages }, metrics: { gradientNorm } };
}

/** min(1, limit / (norm + 1e-6)), as torch.nn.utils.clip_grad_norm_ has it. */
function clipFactor(norm: Scalar, limit: number): Scalar {
  if (!(limit > 0)) throw new EngineError(`clipNorm is a number above 0, not ${limit}`);
  return tf.minimum(1, tf.div(limit, tf.add(norm, 1e-6)));
}

function scaledRate(scalars: Readonly<Record<string, Scalar>>, scale: number) {
  return scale === 1 ? scalars : { ...scalars, rate: tf.mul<Scalar>(scalars['rate']!, scale) };
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
