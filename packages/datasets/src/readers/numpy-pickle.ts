/** Reads pickles of plain data and NumPy arrays. It implements NumPy's constructors and `__setstate__`. */
import {
  type Call,
  Constructed,
  type Corrupt,
  type Item,
  type LazyBytes,
  memoryBytes,
  type PickleValue,
  readPickle,
  text,
} from '@clce/pickle';
import { DatasetError } from '../errors.ts';

/** A NumPy array with its layout in the file. */
export interface PickledArray {
  readonly kind: 'array';
  readonly shape: readonly number[];
  /** Byte order and NumPy's type code, such as `u1`, `<i8`, `<f4`. */
  readonly dtype: string;
  /** Whether the array is column-major. */
  readonly fortran: boolean;
  readonly data: LazyBytes;
}

export type NumpyValue = PickleValue<PickledArray>;

/**
 * Reads one pickle of any protocol.
 *
 * @throws {DatasetError} `unsafe-pickle` for a forbidden name or opcode, `corrupt` for a damaged file; both name the file
 * and the byte
 */
export function readNumpyPickle(path: string): Promise<NumpyValue> {
  return readPickle<PickledArray>(path, {
    vocabulary: { calls: CALLS, names: new Set(['numpy ndarray']) },
    fail: (message, fault) => new DatasetError(message, fault === 'unsafe' ? 'unsafe-pickle' : fault),
  });
}

const newArray: Call = () => new ArrayUnderWay();

const CALLS: Readonly<Record<string, Call>> = {
  'numpy.core.multiarray _reconstruct': newArray,
  'numpy._core.multiarray _reconstruct': newArray,
  'numpy.core.numeric _frombuffer': arrayOfBuffer,
  'numpy._core.numeric _frombuffer': arrayOfBuffer,
  'numpy.core.multiarray scalar': numpyScalar,
  'numpy._core.multiarray scalar': numpyScalar,
  'numpy dtype': ([code], corrupt) => new Dtype(text(code, corrupt)),
};

class Dtype extends Constructed<never> {
  code: string;
  constructor(code: string) {
    super();
    this.code = code;
  }

  override build(state: Item, corrupt: Corrupt): void {
    const order = Array.isArray(state) ? state[1] : undefined;
    if (typeof order !== 'string') throw corrupt('a dtype has no order of bytes');
    if (!/^[<>|=]/.test(this.code) && order !== '|') this.code = `${order}${this.code}`;
  }

  finish(corrupt: Corrupt): never {
    throw corrupt('a type stands where a value should');
  }
}

class ArrayUnderWay extends Constructed<PickledArray> {
  #array: PickledArray | undefined;

  constructor(array?: PickledArray) {
    super();
    this.#array = array;
  }

  override build(state: Item, corrupt: Corrupt): void {
    if (!Array.isArray(state)) throw corrupt('BUILD needs a tuple');
    const [, shape, dtype, fortran, data] = state;
    this.#array = arrayOf(shape, dtype, fortran === true, data, corrupt);
  }

  finish(corrupt: Corrupt): PickledArray {
    if (this.#array === undefined) throw corrupt('an array has no contents');
    return this.#array;
  }
}

/** `_frombuffer(data, dtype, shape, 'C' or 'F')`: NumPy's form of arrays in protocol 5 (PEP 574). */
function arrayOfBuffer([data, dtype, shape, order]: readonly Item[], corrupt: Corrupt): Item {
  return new ArrayUnderWay(arrayOf(shape, dtype, order === 'F', data, corrupt));
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

/** A single NumPy number, such as a label: an integer of up to eight bytes or a float. */
function numpyScalar([dtype, bytes]: readonly Item[], corrupt: Corrupt): Item {
  if (!(dtype instanceof Dtype) || typeof bytes !== 'string') throw corrupt('a NumPy number has no value');
  return numberAt(Buffer.from(bytes, 'latin1'), dtype.code, 0);
}

/** All numbers of an array, in the order of the file. @throws {DatasetError} for integers beyond 2^53 */
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
