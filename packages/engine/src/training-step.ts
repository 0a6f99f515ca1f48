/**
 * Builds a training step: the loss, its gradients by TensorFlow.js's automatic differentiation, and one optimiser update
 * for each parameter.
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
 * The step returns `loss`, `gradientNorm` (global L2 norm over all trained parameters) and the metrics. Its inputs are
 * the inputs of the loss and the scalars of `optimizerInputs`.
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

/** The initial optimiser slots, all zero, of every trained parameter. */
export function optimizerState(optimizer: Optimizer, parameters: HostTensors): HostTensors {
  return Object.fromEntries(
    Object.entries(parameters).flatMap(([name, { shape }]) =>
      optimizer.slots.map((slot) => [slotName(slot, name), float32(shape)]),
    ),
  );
}

/** The loss, its state and metrics, and its gradients with respect to `parameters`. */
export function valueAndGradients(
  f: (parameters: Tensors) => LossResult,
  parameters: Tensors,
): { readonly result: LossResult; readonly gradients: Tensors } {
  const names = Object.keys(parameters);
  let beside: LossResult | undefined;
  const { grads } = tf.valueAndGrads((...tensors) => {
    beside = f(Object.fromEntries(names.map((name, index) => [name, tensors[index]!])));
    // `valueAndGrads` disposes every tensor that it does not return; the side results are used after it.
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

/** Moves a kept tensor into the present scope: clones it there and disposes the kept one. */
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
