import { unknownName } from '@clce/registry';
import type { LabelledBatch, LossParts } from './blend.ts';
import { LossError, notAllowed } from './loss-error.ts';
import { complete, type Parameter, type Parameters, type ParameterValue } from './parameter.ts';

/** Parameters by name. They are plain JSON, because they are part of a cell's key. */
export type LossParameters = Readonly<Record<string, ParameterValue>>;

/** A loss that a suite can name. */
export interface LossDefinition {
  readonly name: string;
  /**
   * Tells losses of the same name apart. It is part of the keys of the loss's cells. The losses that came with this project have
   * none.
   */
  readonly id?: string;
  /** Name in tables and plots. */
  readonly title: string;
  /** Number of views of each sample in a batch. With 2, rows i and i + n / 2 are the same sample. */
  readonly views: 1 | 2;
  /** Whether the loss trains the linear head. A loss without cross-entropy does not. */
  readonly trainsHead: boolean;
  /** Whether the loss compares the samples of a batch with each other. Absent: it does. */
  readonly contrasts?: boolean;
  /** Head between the features and the contrastive term, where the method is published with one. A recipe's head replaces it. */
  readonly projection?: 'linear' | 'mlp';
  /** All parameters with their defaults. */
  readonly defaults: LossParameters;
  /**
   * All parameters: the given ones, checked, and defaults for the others. Keys hash all of them, so a changed default changes the
   * key.
   *
   * @throws LossError on an unknown parameter or a value out of range.
   */
  readonly resolve: (parameters?: LossParameters) => LossParameters;
  /** The loss of a batch. `resolve` has checked the parameters. @throws LossError on shapes that do not fit */
  readonly evaluate: (batch: LabelledBatch, parameters: LossParameters) => LossParts;
  /** Resolves the parameters, then evaluates. @throws LossError as both do */
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

/** Defines a loss by its formula. `evaluate` and `reference` receive all parameters, checked and typed. */
export function defineLoss<Values extends Record<string, ParameterValue>>(definition: {
  readonly name: string;
  readonly id?: string;
  readonly title: string;
  readonly views: 1 | 2;
  readonly trainsHead: boolean;
  readonly contrasts?: boolean;
  readonly projection?: 'linear' | 'mlp';
  readonly parameters: Parameters<Values>;
  readonly evaluate: (batch: LabelledBatch, values: Values) => LossParts;
  /**
   * Computes the same loss by a slow loop in float64. `checkLoss` compares `evaluate` with it, and the gradient with its finite
   * differences: `batch` changes, and `fixed` gives the values that are constants for the gradient.
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

/** Checks types at run time, for files that no compiler has checked. @throws LossError that names the entry and its allowed values */
function requireWellFormed(definition: object): void {
  const { name, id, title, views, trainsHead, contrasts, projection, parameters, evaluate, reference } =
    definition as Readonly<Record<string, unknown>>;
  if (typeof name !== 'string' || !/^[a-z][a-z0-9]*([-+][a-z0-9]+)*$/.test(name)) {
    throw notAllowed('name', name, 'lower case, digits, hyphens and plus signs, such as "my-loss"');
  }
  if (id !== undefined && (typeof id !== 'string' || id === '')) throw notAllowed('id', id, 'a text');
  if (typeof title !== 'string' || title === '')
    throw notAllowed('title', title, 'the name of the loss in tables');
  if (views !== 1 && views !== 2) throw notAllowed('views', views, '1 or 2');
  if (typeof trainsHead !== 'boolean') throw notAllowed('trainsHead', trainsHead, 'true or false');
  if (contrasts !== undefined && typeof contrasts !== 'boolean') {
    throw notAllowed('contrasts', contrasts, 'true or false');
  }
  if (projection !== undefined && projection !== 'linear' && projection !== 'mlp') {
    throw notAllowed('projection', projection, '"linear" or "mlp"');
  }
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
