/** A suite, preset or override that cannot be run: one line that names the entry and what is allowed. */
export class SuiteError extends Error {
  override readonly name = 'SuiteError';
}
