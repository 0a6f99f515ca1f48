/** A data set that cannot be found, read, built or sampled from. The message is one line that says what to do. */
export class DatasetError extends Error {
  override readonly name = 'DatasetError';
}
