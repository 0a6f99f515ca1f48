/**
 * A training step from its parts: loss, its gradients by TensorFlow.js's automatic differentiation, one optimiser
 * update for each parameter.
 */
import { float32, type HostTensors, scalar } from './host-tensor.ts';
import type { Optimizer } from './optim/optimizer.ts';
import type { Step, Tensors } from './step.ts';
import { type Scalar, type Tensor, tf } from './tf.ts';

export interface LossResult {
  readonly loss: Scalar;
  /** State entries that change without a gradient: running statistics. */
  readonly state?: Tensors;
  /** Scalars to report beside the loss. */
  readonly metrics?: Tensors;
}

export interface TrainingStepOptions {
  /** Names of the state entries that are trained. */
  readonly parameters: readonly string[];
  readonly optimizer: Optimizer;
  /** Pure function of state and inputs. */
  readonly loss: (state: Tensors, inputs: Tensors) => LossResult;
  /** Whether weight decay applies to a parameter; by default to those with more than one axis. */
  readonly decays?: (name: string, parameter: Tensor) => boolean;
}

/**
 * Outputs of the step: `loss`, `gradientNorm` (global L2 norm over all parameters) and the metrics. Its inputs are the
 * loss's own and the scalars of {@link optimizerInputs}.
 */
export function trainingStep(options: TrainingStepOptions): Step {
  const { parameters, optimizer, loss, decays = (_name, { rank }) => rank > 1 } = options;
  return ({ state, inputs }) => {
    const { result, gradients } = valueAndGradients(
      (trained) => loss({ ...state, ...trained }, inputs),
      pick(state, parameters),
    );
    const scalars = Object.fromEntries(
      Object.keys(optimizer.scalars(0)).map((name) => [name, inputs[scalarName(name)] as Scalar]),
    );
    const updated: Record<string, Tensor> = { ...result.state };
    for (const name of parameters) {
      const parameter = state[name]!;
      const slots = Object.fromEntries(optimizer.slots.map((slot) => [slot, state[slotName(slot, name)]!]));
      const gradient = gradients[name]!;
      const update = optimizer.update({
        parameter,
        gradient,
        slots,
        scalars,
        decay: decays(name, parameter),
      });
      updated[name] = update.parameter;
      for (const [slot, value] of Object.entries(update.slots)) updated[slotName(slot, name)] = value;
    }
    const squares = parameters.map((name) => tf.sum<Scalar>(tf.square(gradients[name]!)));
    return {
      state: updated,
      outputs: { loss: result.loss, gradientNorm: tf.sqrt(tf.addN(squares)), ...result.metrics },
    };
  };
}

/** The optimiser's slots, zero, for every trained parameter. */
export function optimizerState(optimizer: Optimizer, parameters: HostTensors): HostTensors {
  return Object.fromEntries(
    Object.entries(parameters).flatMap(([name, { shape }]) =>
      optimizer.slots.map((slot) => [slotName(slot, name), float32(shape)]),
    ),
  );
}

/** The scalar inputs that a training step needs at step `step`, counted from 0. */
export function optimizerInputs(optimizer: Optimizer, step: number): HostTensors {
  return Object.fromEntries(
    Object.entries(optimizer.scalars(step)).map(([name, value]) => [scalarName(name), scalar(value)]),
  );
}

const slotName = (slot: string, parameter: string) => `optimizer/${slot}/${parameter}`;
const scalarName = (name: string) => `optimizer/${name}`;

/** Loss and everything beside it, with the loss's gradients with respect to `parameters`. */
export function valueAndGradients(
  f: (parameters: Tensors) => LossResult,
  parameters: Tensors,
): { readonly result: LossResult; readonly gradients: Tensors } {
  const names = Object.keys(parameters);
  let beside: LossResult | undefined;
  const { grads } = tf.valueAndGrads((...tensors) => {
    beside = f(Object.fromEntries(names.map((name, index) => [name, tensors[index]!])));
    // `valueAndGrads` disposes what it does not return; these are used after it.
    for (const tensor of sideResults(beside)) tf.keep(tensor);
    return beside.loss;
  })(names.map((name) => parameters[name]!));
  const { loss, state, metrics } = beside!;
  return {
    result: {
      loss: released(loss),
      ...(state && { state: releasedAll(state) }),
      ...(metrics && { metrics: releasedAll(metrics) }),
    },
    gradients: Object.fromEntries(names.map((name, index) => [name, grads[index]!])),
  };
}

function sideResults({ loss, state = {}, metrics = {} }: LossResult): Tensor[] {
  return [loss, ...Object.values(state), ...Object.values(metrics)];
}

/** The same values as a tensor of the present scope, in place of one that was kept beyond its own. */
function released<T extends Tensor>(kept: T): T {
  const tensor = tf.clone(kept);
  kept.dispose();
  return tensor;
}

function releasedAll(tensors: Tensors): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, released(tensor)]));
}

function pick(tensors: Tensors, names: readonly string[]): Tensors {
  return Object.fromEntries(names.map((name) => [name, tensors[name]!]));
}
