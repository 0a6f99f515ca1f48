import { revivable, UserError } from '@clce/registry';

/** A suite, preset or override that cannot be run: one line that names the entry and what is allowed. */
export class SuiteError extends UserError {
  static {
    revivable(SuiteError);
  }
  override readonly name = 'SuiteError';
  /** Place of the entry in the preset, where there is one. */
  readonly path: readonly PropertyKey[];

  constructor(message: string, path: readonly PropertyKey[] = []) {
    super(message);
    this.path = path;
  }
}
