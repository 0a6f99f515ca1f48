/** A file of results cannot be read as one; the message names the file and the place. */
export class ResultsError extends Error {
  override readonly name = 'ResultsError';
}
