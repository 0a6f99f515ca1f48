/**
 * A training step from its parts: loss, its gradients by TensorFlow.js's automatic differentiation, one optimiser
 * update for each parameter.
 */
import { applyGradients, slotName, type UpdateOptions } from './apply-gradients.ts';
import { float32, type HostTensors } from './host-tensor.ts';
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

export interface TrainingStepOptions extends UpdateOptions {
  /** Pure function of state and inputs. */
  readonly loss: (state: Tensors, inputs: Tensors) => LossResult;
}

/**
 * Outputs of the step: `loss`, `gradientNorm` (global L2 norm over all trained parameters) and the metrics. Its inputs
 * are the loss's own and the scalars of `optimizerInputs`.
 */
export function trainingStep({ loss, ...options }: TrainingStepOptions): Step {
  return ({ state, inputs }) => {
    const { result, gradients } = valueAndGradients(
      (trained) => loss({ ...state, ...trained }, inputs),
      pick(state, options.parameters),
    );
    const update = applyGradients({ ...options, gradients, state, inputs });
    return {
      state: { ...result.state, ...update.state },
      outputs: { loss: result.loss, ...update.metrics, ...result.metrics },
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
