import { UserError } from '@clce/registry';

/** What is wrong, for callers and tests that must tell faults apart; docs/security.md says which attack gives which. */
export type DatasetFault =
  /** A request that makes no sense: an unknown name, a size of zero. */
  | 'request'
  /** Files that must be fetched or placed first. */
  | 'missing'
  /** Files that are not what the adapter or the format says. */
  | 'corrupt'
  | 'checksum'
  /** A server that cannot be reached, stops half-way or says something false. */
  | 'download'
  | 'disk-full'
  /** An archive entry that would land outside its folder. */
  | 'unsafe-path'
  /** A link or a device in an archive. */
  | 'unsafe-entry'
  /** An archive or an image beyond its limits. */
  | 'too-large'
  /** A pickle that names anything but plain data. */
  | 'unsafe-pickle';

/** A data set that cannot be found, read, built or sampled from. The message is one line that says what to do. */
export class DatasetError extends UserError {
  override readonly name = 'DatasetError';
  readonly fault: DatasetFault;

  constructor(message: string, fault: DatasetFault = 'request', options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}
