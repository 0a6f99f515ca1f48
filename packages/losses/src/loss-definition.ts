import { unknownName } from '@clce/registry';
import type { LabelledBatch, LossParts } from './blend.ts';
import { LossError } from './loss-error.ts';
import { complete, type Parameters, type ParameterValue } from './parameter.ts';

/** Plain JSON, because it enters a cell's key. */
export type LossParameters = Readonly<Record<string, ParameterValue>>;

/** A loss as a suite names it. */
export interface LossDefinition {
  readonly name: string;
  /**
   * Tells the loss from other people's losses of the same name; it enters the keys of its cells. A loss that was always
   * part of this project has none.
   */
  readonly id?: string;
  /** As tables and plots show it. */
  readonly title: string;
  /** With 2, a batch holds two views: row i and row i + n / 2 are the same sample. */
  readonly views: 1 | 2;
  /** Whether the linear head on the features is trained: not where the loss has no cross-entropy. */
  readonly trainsHead: boolean;
  /** All parameters with their defaults. */
  readonly defaults: LossParameters;
  /**
   * All parameters: those given, checked, and defaults for the rest.  Hash this, so that a changed default is a changed key.
   *
   * @throws LossError on an unknown parameter or a value out of range.
   */
  readonly resolve: (parameters?: LossParameters) => LossParameters;
  /** The loss of a batch by all parameters, checked before. @throws LossError on shapes that do not fit */
  readonly evaluate: (batch: LabelledBatch, parameters: LossParameters) => LossParts;
  /** `evaluate` by what `resolve` gives. @throws LossError as both do */
  readonly apply: (batch: LabelledBatch, parameters?: LossParameters) => LossParts;
  /** See `defineLoss`. */
  readonly reference?: (batch: PlainBatch, parameters: LossParameters) => number;
}

/** A batch in plain numbers, float64: `logits` [n][classes], `embeddings` [n][d], `labels` [n]. */
export interface PlainBatch {
  readonly logits: readonly (readonly number[])[];
  readonly embeddings: readonly (readonly number[])[];
  readonly labels: readonly number[];
}

/** A loss from its formula. The parameters that `evaluate` and `reference` get are all there, checked and typed. */
export function defineLoss<Values extends Record<string, ParameterValue>>(definition: {
  readonly name: string;
  readonly id?: string;
  readonly title: string;
  readonly views: 1 | 2;
  readonly trainsHead: boolean;
  readonly parameters: Parameters<Values>;
  readonly evaluate: (batch: LabelledBatch, values: Values) => LossParts;
  /**
   * The value of the same loss by a slow loop in float64, which `evaluate` is tested against (`checkLoss`). The gradient is
   * tested by differences of this value.
   */
  readonly reference?: (batch: PlainBatch, values: Values) => number;
}): LossDefinition {
  const { parameters, evaluate, reference, ...described } = definition;
  const names = Object.keys(parameters);
  const resolve = (given: LossParameters = {}): Values => {
    const unknown = Object.keys(given).find((key) => !names.includes(key));
    if (unknown !== undefined) {
      throw new LossError(unknown, unknownName(`parameter of ${described.name}`, unknown, names));
    }
    return complete(parameters, given);
  };
  return {
    ...described,
    defaults: resolve(),
    resolve,
    evaluate: (batch, values) => evaluate(batch, values as Values),
    apply: (batch, given) => evaluate(batch, resolve(given)),
    ...(reference && { reference: (batch, values) => reference(batch, values as Values) }),
  };
}
