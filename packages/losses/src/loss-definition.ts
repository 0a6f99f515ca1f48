import { unknownName } from '@clce/registry';
import type { LabelledBatch, LossParts } from './blend.ts';
import { LossError, notAllowed } from './loss-error.ts';
import { complete, type Parameter, type Parameters, type ParameterValue } from './parameter.ts';

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
  readonly reference?: (batch: PlainBatch, parameters: LossParameters, fixed: PlainBatch) => number;
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
   * tested by differences of this value: `batch` moves, and what is a constant to the gradient is computed from `fixed`.
   */
  readonly reference?: (batch: PlainBatch, values: Values, fixed: PlainBatch) => number;
}): LossDefinition {
  requireWellFormed(definition);
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
    ...(reference && { reference: (batch, values, fixed) => reference(batch, values as Values, fixed) }),
  };
}

/** What the compiler would say, for a file that it has not seen. @throws LossError naming the entry and what it may be */
function requireWellFormed(definition: object): void {
  const { name, id, title, views, trainsHead, parameters, evaluate, reference } = definition as Readonly<
    Record<string, unknown>
  >;
  if (typeof name !== 'string' || !/^[a-z][a-z0-9]*([-+][a-z0-9]+)*$/.test(name)) {
    throw notAllowed('name', name, 'lower case, digits, hyphens and plus signs, such as "my-loss"');
  }
  if (id !== undefined && (typeof id !== 'string' || id === '')) throw notAllowed('id', id, 'a text');
  if (typeof title !== 'string' || title === '')
    throw notAllowed('title', title, 'what tables call the loss');
  if (views !== 1 && views !== 2) throw notAllowed('views', views, '1 or 2');
  if (typeof trainsHead !== 'boolean') throw notAllowed('trainsHead', trainsHead, 'true or false');
  if (typeof evaluate !== 'function') throw notAllowed('evaluate', evaluate, 'a function of a batch');
  if (reference !== undefined && typeof reference !== 'function') {
    throw notAllowed('reference', reference, 'a function of a batch in plain numbers');
  }
  if (typeof parameters !== 'object' || parameters === null) {
    throw notAllowed('parameters', parameters, 'an object with an entry for each parameter, or {}');
  }
  for (const [key, parameter] of Object.entries(
    parameters as Record<string, Parameter<unknown> | undefined>,
  )) {
    if (typeof parameter?.check === 'function' && parameter.default !== undefined) continue;
    throw notAllowed(`parameters.${key}`, parameter, '{ default, check }, such as numberParameter(…) gives');
  }
}
