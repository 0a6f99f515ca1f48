import { revivable, UserError } from '@clce/registry';

/**
 * The error of this package: an option out of range, a tensor of the wrong shape, an unknown parameter. The field `parameter` lets
 * a command line name the flag.
 */
export class LossError extends UserError {
  static {
    revivable(LossError);
  }
  override readonly name = 'LossError';

  /** The wrong option or argument, in the caller's spelling. */
  readonly parameter: string;

  constructor(parameter: string, message: string) {
    super(message);
    this.parameter = parameter;
  }
}

/** "`parameter` must be `allowed`, got `value`". */
export function notAllowed(parameter: string, value: unknown, allowed: string): LossError {
  return new LossError(parameter, `${parameter} must be ${allowed}, got ${inWords(value)}`);
}

function inWords(value: unknown): string {
  return typeof value === 'string' || (typeof value === 'object' && value !== null)
    ? JSON.stringify(value)
    : String(value);
}
