/** A file of named tensors, whatever its format: what is in it is known at once, values are read when they are wanted. */

import type { HostTensor } from '@clce/engine';
import { UserError } from '@clce/registry';

export interface WeightFile {
  readonly path: string;
  readonly format: 'safetensors' | 'pth' | 'tflite';
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Text that the file carries, where its format provides for that. */
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface StoredTensor {
  /** As the file's format calls it. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /**
   * The values in row-major order: floating-point numbers as float32, integers as int32.
   *
   * @throws WeightFileError where they cannot be read or do not fit
   */
  read(): Promise<HostTensor>;
}

/** What is wrong with a file, for callers and tests that must tell faults apart. */
export type WeightFileFault =
  /** Ends too early, or its structure is not that of the format. */
  | 'corrupt'
  /** A size, a shape or a count that cannot be, or is beyond the limits. */
  | 'too-large'
  /** Offsets that leave the file, overlap, or leave bytes that belong to nothing. */
  | 'offsets'
  /** Bytes that do not fill the shape. */
  | 'shape'
  /** A type of element that is not read. */
  | 'dtype'
  /** A pickle that names anything but tensors, or a path out of the file's folder. */
  | 'unsafe'
  /** No format that is known. */
  | 'format'
  /** Tensors that do not make the backbone that was asked for. */
  | 'mismatch';

/** A weight file that cannot be read or does not fit. The message is one line that names the file and the place. */
export class WeightFileError extends UserError {
  override readonly name = 'WeightFileError';
  readonly fault: WeightFileFault;

  constructor(message: string, fault: WeightFileFault, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}
