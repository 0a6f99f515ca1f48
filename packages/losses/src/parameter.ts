import { notAllowed } from './loss-error.ts';

/** The default of an option of a loss, and its check. */
export interface Parameter<T> {
  readonly default: T;
  /** Returns the value, or throws a `LossError` that names `parameter`, the value and the allowed values. */
  readonly check: (value: unknown) => T;
}

/** Types of a parameter. JSON can hold them, because a parameter is part of a cell's key. */
export type ParameterValue = number | string | boolean;

/** Parameters by name. */
export type Parameters<Values> = { readonly [Name in keyof Values]: Parameter<Values[Name]> };

/**
 * All values of `parameters`: the given ones, checked, and defaults for the others. Other given entries are left out.
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
