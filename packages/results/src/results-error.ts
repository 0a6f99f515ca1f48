import { revivable, UserError } from '@clce/registry';

/** A malformed file of results. The message names the file and the place. */
export class ResultsError extends UserError {
  static {
    revivable(ResultsError);
  }
  override readonly name = 'ResultsError';
}
