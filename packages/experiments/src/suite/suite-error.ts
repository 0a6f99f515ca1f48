import { revivable, UserError } from '@clce/registry';

/** A mistake in a suite, preset or override. The message is one line that names the entry and the allowed values. */
export class SuiteError extends UserError {
  static {
    revivable(SuiteError);
  }
  override readonly name = 'SuiteError';
  /** Path of the entry in the preset; empty if there is none. */
  readonly path: readonly PropertyKey[];

  constructor(message: string, path: readonly PropertyKey[] = []) {
    super(message);
    this.path = path;
  }
}

/** What `read` gives. @throws SuiteError with the path of the entry in place of another mistake of the user's */
export function atEntry<Read>(path: readonly PropertyKey[], read: () => Read): Read {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof UserError) || error instanceof SuiteError) throw error;
    throw new SuiteError(error.message, path);
  }
}
