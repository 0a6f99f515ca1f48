/**
 * Optimisers as pure functions: (parameter, gradient, slots, scalars) → (parameter, slots).
 *
 * The host computes the numbers that depend on the step (learning rate, bias corrections) and feeds them as scalar
 * inputs. So one recorded graph serves every step.
 */
import type { Scalar, Tensor } from '../tf.ts';

export interface Optimizer {
  readonly name: string;
  /** Names of the optimiser's tensors for each parameter. Each has the parameter's shape and starts at zero. */
  readonly slots: readonly string[];
  /** Host numbers for step `step`, counted from 0. The learning rate is called `rate`. */
  scalars(step: number): Readonly<Record<string, number>>;
  /** One update. `decay` is false for parameters that are exempt from weight decay. */
  update(args: UpdateArguments): Update;
}

export interface UpdateArguments {
  readonly parameter: Tensor;
  readonly gradient: Tensor;
  readonly slots: Readonly<Record<string, Tensor>>;
  readonly scalars: Readonly<Record<string, Scalar>>;
  readonly decay: boolean;
}

export interface Update {
  readonly parameter: Tensor;
  readonly slots: Readonly<Record<string, Tensor>>;
}
