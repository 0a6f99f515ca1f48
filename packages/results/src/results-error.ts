import { UserError } from '@clce/registry';

/** A malformed file of results. The message names the file and the place. */
export class ResultsError extends UserError {
  override readonly name = 'ResultsError';
}
