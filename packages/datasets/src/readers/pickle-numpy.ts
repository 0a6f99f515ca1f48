/** NumPy's arrays, dtypes and numbers within a pickle: what their constructors and `__setstate__` would make of them. */
import { DatasetError } from '../errors.ts';
import { memoryBytes } from './lazy-bytes.ts';
import { ArrayUnderWay, type Corrupt, Dtype, type Item, type PickledArray } from './pickle-value.ts';

/** BUILD: the state of a dtype (its order of bytes) or of an array (version, shape, dtype, order, data). */
export function build(target: Item, state: Item, corrupt: Corrupt): void {
  if (!Array.isArray(state)) throw corrupt('BUILD needs a tuple');
  if (target instanceof Dtype) {
    const order = state[1];
    if (typeof order !== 'string') throw corrupt('a dtype has no order of bytes');
    if (!/^[<>|=]/.test(target.code) && order !== '|') target.code = `${order}${target.code}`;
    return;
  }
  if (!(target instanceof ArrayUnderWay)) throw corrupt('BUILD needs an array or a dtype');
  const [, shape, dtype, fortran, data] = state;
  target.array = arrayOf(shape, dtype, fortran === true, data, corrupt);
}

/** `_frombuffer(data, dtype, shape, 'C' or 'F')`, as NumPy writes arrays in protocol 5 (PEP 574). */
export function arrayOfBuffer([data, dtype, shape, order]: readonly Item[], corrupt: Corrupt): Item {
  return arrayOf(shape, dtype, order === 'F', data, corrupt);
}

function arrayOf(
  shape: Item | undefined,
  dtype: Item | undefined,
  fortran: boolean,
  data: Item | undefined,
  corrupt: Corrupt,
): PickledArray {
  const isSide = (side: Item): side is number =>
    typeof side === 'number' && Number.isInteger(side) && side >= 0;
  if (!Array.isArray(shape) || !shape.every(isSide) || !(dtype instanceof Dtype)) {
    throw corrupt('only arrays of plain numbers are read');
  }
  const match = /^[<>|=]?([biuf])(\d)$/.exec(dtype.code);
  if (match === null) throw corrupt(`arrays of ${dtype.code} are not read`);
  const bytes = typeof data === 'string' ? memoryBytes(Buffer.from(data, 'latin1')) : data;
  const expected = shape.reduce((product, side) => product * side, Number(match[2]));
  const lies = bytes !== null && typeof bytes === 'object' && 'kind' in bytes && bytes.kind === 'bytes';
  if (!lies || bytes.length !== expected) {
    throw corrupt(`an array of ${shape.join('×')} ${dtype.code} needs ${expected} bytes`);
  }
  return { kind: 'array', shape, dtype: dtype.code, fortran, data: bytes };
}

/** A NumPy number on its own, such as a label: integers of up to eight bytes and floats. */
export function numpyScalar([dtype, bytes]: readonly Item[], corrupt: Corrupt): Item {
  if (!(dtype instanceof Dtype) || typeof bytes !== 'string') throw corrupt('a NumPy number has no value');
  return numberAt(Buffer.from(bytes, 'latin1'), dtype.code, 0);
}

/** All numbers of an array in the order in which they lie. @throws {DatasetError} for integers beyond 2^53 */
export async function arrayNumbers(array: PickledArray): Promise<number[]> {
  const bytes = Buffer.from(await array.data.read());
  const width = Number(array.dtype.at(-1));
  return Array.from({ length: bytes.length / width }, (_, i) => numberAt(bytes, array.dtype, i * width));
}

function numberAt(bytes: Buffer, dtype: string, offset: number): number {
  const [, order, kind, digits] = /^([<>|=]?)([biuf])(\d)$/.exec(dtype) ?? [];
  const width = Number(digits);
  if (width > bytes.length - offset)
    throw new DatasetError(`a number of type ${dtype} is cut off`, 'corrupt');
  const big = order === '>';
  if (kind === 'f' && width === 4) return big ? bytes.readFloatBE(offset) : bytes.readFloatLE(offset);
  if (kind === 'f' && width === 8) return big ? bytes.readDoubleBE(offset) : bytes.readDoubleLE(offset);
  const integer = kind === 'i' || kind === 'u' || kind === 'b';
  if (integer && width <= 4) {
    if (kind === 'i') return big ? bytes.readIntBE(offset, width) : bytes.readIntLE(offset, width);
    return big ? bytes.readUIntBE(offset, width) : bytes.readUIntLE(offset, width);
  }
  if (integer && width === 8) {
    const wide =
      kind === 'i'
        ? big
          ? bytes.readBigInt64BE(offset)
          : bytes.readBigInt64LE(offset)
        : big
          ? bytes.readBigUInt64BE(offset)
          : bytes.readBigUInt64LE(offset);
    const value = Number(wide);
    if (Number.isSafeInteger(value)) return value;
  }
  throw new DatasetError(`a number of type ${dtype} cannot be read exactly`, 'corrupt');
}
