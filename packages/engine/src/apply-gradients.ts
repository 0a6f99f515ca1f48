/**
 * Computes new parameters from gradients: one optimiser update for each trained parameter. The function is pure, so a
 * step with accumulated or cached gradients ends in the same update.
 */
import { EngineError } from './errors.ts';
import { type HostTensors, scalar, sizeOf } from './host-tensor.ts';
import { timmDecays } from './optim/decay-rule.ts';
import type { Optimizer } from './optim/optimizer.ts';
import type { Tensors } from './step.ts';
import { type Scalar, type Tensor, tf } from './tf.ts';

export interface UpdateOptions {
  /** Names of the trained state entries. The others are frozen: they have no gradient and no optimiser slots. */
  readonly parameters: readonly string[];
  readonly optimizer: Optimizer;
  /** Whether weight decay applies to a parameter; {@link timmDecays} by default. */
  readonly decays?: (name: string, parameter: Tensor) => boolean;
  /** Factor of a parameter's learning rate, 1 by default: `layerDecay`. */
  readonly rateScale?: (name: string) => number;
  /** Largest global L2 norm of the gradients. Larger gradients are scaled down to this norm. No limit by default. */
  readonly clipNorm?: number;
}

export interface UpdateArguments extends UpdateOptions {
  /** One gradient per parameter, by the parameter's name and in its shape. */
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
 * @throws EngineError for a `clipNorm` that is no positive number
 */
export function applyGradients(args: UpdateArguments): { state: Tensors; metrics: { gradientNorm: Scalar } } {
  const { parameters, optimizer, gradients, state, inputs, decays = timmDecays, rateScale, clipNorm } = args;
  const scalars = Object.fromEntries(
    Object.keys(optimizer.scalars(0)).map((name) => [name, inputs[scalarName(name)] as Scalar]),
  );
  const groups = grouped(parameters, (name) => {
    const parameter = state[name]!;
    return { parameter, decay: decays(name, parameter), scale: rateScale?.(name) ?? 1 };
  });
  const joined = groups.map(({ names }) => join(names.map((name) => gradients[name]!)));
  const squares = joined.map((gradient) => tf.sum<Scalar>(tf.square(gradient)));
  const gradientNorm = tf.sqrt<Scalar>(squares.reduce((sum, square) => tf.add<Scalar>(sum, square)));
  const shrink = clipNorm === undefined ? undefined : clipFactor(gradientNorm, clipNorm);
  const trained: Record<string, Tensor> = {};
  const slotUpdates: Record<string, Tensor> = {};
  for (const [k, { names, decay, scale }] of groups.entries()) {
    const slotOf = (slot: string) => join(names.map((name) => state[slotName(slot, name)]!));
    const update = optimizer.update({
      parameter: join(names.map((name) => state[name]!)),
      gradient: shrink === undefined ? joined[k]! : tf.mul(joined[k]!, shrink),
      slots: Object.fromEntries(optimizer.slots.map((slot) => [slot, slotOf(slot)])),
      scalars: scaledRate(scalars, scale),
      decay,
    });
    const shapes = names.map((name) => state[name]!.shape);
    for (const [index, value] of part(update.parameter, shapes).entries()) trained[names[index]!] = value;
    for (const [slot, values] of Object.entries(update.slots)) {
      for (const [index, value] of part(values, shapes).entries()) {
        slotUpdates[slotName(slot, names[index]!)] = value;
      }
    }
  }
  return { state: { ...trained, ...slotUpdates }, metrics: { gradientNorm } };
}

/** Parameters that share one update, as one vector. */
interface Group {
  readonly names: string[];
  readonly decay: boolean;
  /** Factor of the learning rate. */
  readonly scale: number;
}

/** A parameter with fewer elements shares its update: starting an operator would cost more than its work. */
const SMALL = 4096;
/** Most parameters that share one update. */
const TOGETHER = 32;

/**
 * Groups the parameters. An optimiser works element by element, so grouping does not change its results.
 *
 * Only parameters of equal length are joined. To join and split unequal lengths, CUDA reads tables from memory that a
 * captured graph cannot read again.
 */
function grouped(
  parameters: readonly string[],
  of: (name: string) => Omit<Group, 'names'> & { readonly parameter: Tensor },
): Group[] {
  const groups: Group[] = [];
  const shared = new Map<string, Group>();
  for (const name of parameters) {
    const { parameter, decay, scale } = of(name);
    const key = `${decay} ${scale} ${parameter.size}`;
    const known = parameter.size < SMALL ? shared.get(key) : undefined;
    if (known !== undefined && known.names.length < TOGETHER) {
      known.names.push(name);
      continue;
    }
    const group = { names: [name], decay, scale };
    groups.push(group);
    if (parameter.size < SMALL) shared.set(key, group);
  }
  return groups;
}

function join(tensors: readonly Tensor[]): Tensor {
  return tensors.length === 1 ? tensors[0]! : tf.concat(tensors.map((tensor) => tf.reshape(tensor, [-1])));
}

/** The inverse of {@link join}. */
function part(joined: Tensor, shapes: readonly (readonly number[])[]): Tensor[] {
  if (shapes.length === 1) return [joined];
  return tf.split(joined, shapes.map(sizeOf)).map((flat, k) => tf.reshape(flat, [...shapes[k]!]));
}

/** min(1, limit / (norm + 1e-6)), as in torch.nn.utils.clip_grad_norm_. */
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
