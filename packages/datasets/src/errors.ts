import { revivable, UserError } from '@clce/registry';

/** Kind of a data set error. docs/security.md says which attack gives which kind. */
export type DatasetFault =
  /** An invalid request: an unknown name, a size of zero. */
  | 'request'
  /** Files that must be fetched or placed first. */
  | 'missing'
  /** Files that contradict the adapter or their format. */
  | 'corrupt'
  | 'checksum'
  /** A server that cannot be reached, stops half-way or sends wrong data. */
  | 'download'
  | 'disk-full'
  /** An archive entry that would land outside its folder. */
  | 'unsafe-path'
  /** A link or a device in an archive. */
  | 'unsafe-entry'
  /** An archive or an image beyond its limits. */
  | 'too-large'
  /** A pickle with anything but plain data. */
  | 'unsafe-pickle';

/** A data set cannot be found, read, built or sampled. The message is one line and tells the user how to continue. */
export class DatasetError extends UserError {
  static {
    revivable(DatasetError);
  }
  override readonly name = 'DatasetError';
  readonly fault: DatasetFault;

  constructor(message: string, fault: DatasetFault = 'request', options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}
