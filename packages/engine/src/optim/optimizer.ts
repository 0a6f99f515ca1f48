/**
 * Optimisers as pure functions: (parameter, gradient, slots, scalars) → (parameter, slots).
 *
 * What depends on the step number (learning rate, bias corrections) is computed on the host and fed as scalar inputs,
 * so that one recorded graph serves every step.
 */
import type { Scalar, Tensor } from '../tf.ts';

export interface Optimizer {
  readonly name: string;
  /** Names of the tensors, shaped like the parameter and zero at first, that the optimiser keeps for each parameter. */
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
