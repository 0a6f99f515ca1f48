import type { Scalar } from '@clce/engine';
import { unknownName } from '@clce/registry';
import type { LabelledBatch } from './blend.ts';
import { LossError } from './loss-error.ts';
import type { Parameter } from './parameters.ts';

/**
 * A loss as a suite declares it: a name, and parameters that are plain JSON because they enter a cell's key.
 */
export type ParameterValue = number | string | boolean;
export type LossParameters = Readonly<Record<string, ParameterValue>>;

/** Scalars: `loss` is what is minimised, the others its parts before they are weighted (0 for a part it lacks). */
export interface LossParts {
  readonly loss: Scalar;
  readonly crossEntropy: Scalar;
  readonly contrastive: Scalar;
}

export interface LossDefinition {
  readonly name: string;
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
  /** @throws LossError as `resolve` does, and on shapes that do not fit. */
  readonly apply: (batch: LabelledBatch, parameters?: LossParameters) => LossParts;
}

/** Parameters by name; a definition's `evaluate` receives them all, checked and typed. */
type Parameters<Values> = { readonly [Name in keyof Values]: Parameter<Values[Name]> };

export function defineLoss<Values extends Record<string, ParameterValue>>(definition: {
  readonly name: string;
  readonly title: string;
  readonly views: 1 | 2;
  readonly trainsHead: boolean;
  readonly parameters: Parameters<Values>;
  readonly evaluate: (batch: LabelledBatch, values: Values) => LossParts;
}): LossDefinition {
  const { name, title, views, trainsHead, parameters, evaluate } = definition;
  const names = Object.keys(parameters);
  const resolve = (given: LossParameters = {}): Values => {
    const unknown = Object.keys(given).find((key) => !names.includes(key));
    if (unknown !== undefined) {
      throw new LossError(unknown, unknownName(`parameter of ${name}`, unknown, names));
    }
    const values = names.map((key) => {
      const parameter = parameters[key] as Parameter<ParameterValue>;
      return [key, Object.hasOwn(given, key) ? parameter.check(given[key]) : parameter.default];
    });
    return Object.fromEntries(values) as Values;
  };
  return {
    name,
    title,
    views,
    trainsHead,
    defaults: resolve(),
    resolve,
    apply: (batch, given) => evaluate(batch, resolve(given)),
  };
}
