/** A file of named tensors in any supported format. Opening it reads names and shapes; values are read on demand. */

import type { HostTensor } from '@clce/engine';
import { revivable, UserError } from '@clce/registry';

export interface WeightFile {
  readonly path: string;
  readonly format: 'safetensors' | 'pth' | 'tflite';
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Text entries of the file, in formats that have them. */
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface StoredTensor {
  /** The element type, under the format's name. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /**
   * The values in row-major order: floating-point numbers as float32, integers as int32.
   *
   * @throws WeightFileError where the values cannot be read or converted
   */
  read(): Promise<HostTensor>;
}

/** The kind of a file's fault, for callers and tests that distinguish faults. */
export type WeightFileFault =
  /** There is no such file. */
  | 'missing'
  /** The file ends too early, or its structure violates the format. */
  | 'corrupt'
  /** A size, a shape or a count is impossible or beyond the limits. */
  | 'too-large'
  /** Offsets leave the file, overlap, or leave bytes that belong to no tensor. */
  | 'offsets'
  /** A tensor's bytes do not fill its shape. */
  | 'shape'
  /** An element type is not supported. */
  | 'dtype'
  /** A pickle names something other than tensors, or a path leaves the file's folder. */
  | 'unsafe'
  /** The format is unknown. */
  | 'format'
  /** The tensors do not fit the requested backbone. */
  | 'mismatch';

/** A weight file that cannot be read or does not fit. The message is one line that names the file and the place. */
export class WeightFileError extends UserError {
  static {
    revivable(WeightFileError);
  }
  override readonly name = 'WeightFileError';
  readonly fault: WeightFileFault;

  constructor(message: string, fault: WeightFileFault, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}
