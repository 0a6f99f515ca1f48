/** Checks the values in the benchmarks' pickles. Every error names the file. */
import { DatasetError } from '../errors.ts';
import { arrayNumbers, type NumpyValue, type PickledArray } from '../readers/numpy-pickle.ts';

/** An entry of a pickled dictionary. @throws {DatasetError} if it is missing */
export function entry(pickle: NumpyValue, key: string, file: string): NumpyValue {
  const value = pickle instanceof Map ? pickle.get(key) : undefined;
  if (value !== undefined) return value;
  throw new DatasetError(`${file} holds no dictionary with ${key}; fetch it again.`, 'corrupt');
}

/**
 * A pickled array of bytes in row-major order, with the given number of bytes in a row.
 * @throws {DatasetError} for any other value
 */
export function imagesOf(value: NumpyValue, rowBytes: number, file: string): PickledArray {
  if (value !== null && typeof value === 'object' && 'kind' in value && value.kind === 'array') {
    const [, ...row] = value.shape;
    const bytes = row.reduce((product, side) => product * side, 1);
    if (/^[|<>=]?u1$/.test(value.dtype) && !value.fortran && bytes === rowBytes) return value;
  }
  throw new DatasetError(
    `${file} holds no array of bytes with ${rowBytes} a row; fetch it again.`,
    'corrupt',
  );
}

/** A pickled list of text. @throws {DatasetError} for any other value */
export function textList(value: NumpyValue, file: string): string[] {
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw new DatasetError(`${file} has no list of names where one belongs; fetch it again.`, 'corrupt');
}

/** Pickled whole numbers, in a list or in an array. @throws {DatasetError} for any other value */
export async function numbersOf(value: NumpyValue, file: string): Promise<number[]> {
  if (value !== null && typeof value === 'object' && 'kind' in value && value.kind === 'array') {
    return arrayNumbers(value);
  }
  if (Array.isArray(value) && value.every((item) => typeof item === 'number')) return value;
  throw new DatasetError(`${file} has no numbers where some belong; fetch it again.`, 'corrupt');
}
