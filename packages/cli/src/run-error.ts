/** A run that could not be finished; one line that says how far it came. */
export class RunError extends Error {
  override readonly name = 'RunError';
}
