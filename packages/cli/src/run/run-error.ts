import { revivable, UserError } from '@clce/registry';

/** A run that could not be finished. Its message is one line. */
export class RunError extends UserError {
  static {
    revivable(RunError);
  }
  override readonly name: string = 'RunError';
}

/** The run was interrupted; the same command continues it. */
export class InterruptedError extends RunError {
  static {
    revivable(InterruptedError);
  }
  override readonly name = 'InterruptedError';
}
