import { notAllowed } from './loss-error.ts';

/** The default of an option of a loss, and what it may be. */
export interface Parameter<T> {
  readonly default: T;
  /** The value itself, or a `LossError` that names `parameter`, the value and what is allowed. */
  readonly check: (value: unknown) => T;
}

/** What a parameter may be: what JSON can hold, because it enters a cell's key. */
export type ParameterValue = number | string | boolean;

/** Parameters by name. */
export type Parameters<Values> = { readonly [Name in keyof Values]: Parameter<Values[Name]> };

/**
 * All values of `parameters`: those given, checked, and defaults for the rest. Anything else that is given is left out.
 *
 * @throws LossError on a value out of range
 */
export function complete<Values>(parameters: Parameters<Values>, given: object): Values {
  const values = Object.entries<Parameter<unknown>>(parameters).map(([name, parameter]) => {
    const value: unknown = (given as Record<string, unknown>)[name];
    return [name, value === undefined ? parameter.default : parameter.check(value)];
  });
  return Object.fromEntries(values) as Values;
}

/**
 * A number in a range.
 *
 * @param allowed the range in words, such as "a number in [0, 1]"
 */
export function numberParameter(
  name: string,
  defaultValue: number,
  holds: (value: number) => boolean,
  allowed: string,
): Parameter<number> {
  return {
    default: defaultValue,
    check(value) {
      if (typeof value !== 'number' || !Number.isFinite(value) || !holds(value)) {
        throw notAllowed(name, value, allowed);
      }
      return value;
    },
  };
}
