import { UserError } from '@clce/registry';

/** A file of results cannot be read as one; the message names the file and the place. */
export class ResultsError extends UserError {
  override readonly name = 'ResultsError';
}
