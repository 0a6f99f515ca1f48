import { revivable, UserError } from '@clce/registry';

/** A run that could not be finished; one line that says how far it came. */
export class RunError extends UserError {
  static {
    revivable(RunError);
  }
  override readonly name: string = 'RunError';
}

/** It was asked to stop, and can go on. */
export class InterruptedError extends RunError {
  static {
    revivable(InterruptedError);
  }
  override readonly name = 'InterruptedError';
}
