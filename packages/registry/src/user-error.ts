import { revivable } from './error-record.ts';

/**
 * A mistake that the user can correct. The message is one line with the file or entry, the place and the expectation. The
 * command line prints only this line. Any other error is a fault of the program, and its stack is printed.
 */
export class UserError extends Error {
  static {
    revivable(UserError);
  }
  override readonly name: string = 'UserError';
}
