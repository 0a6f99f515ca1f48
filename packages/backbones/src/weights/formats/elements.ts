/** Decodes little-endian numbers of a file to float32 or int32. */
import { float32, type HostTensor, int32 } from '@clce/engine';
import { WeightFileError } from '../weight-file.ts';

/** Bytes per element, by safetensors' names of the types. */
export const ELEMENT_BYTES: ReadonlyMap<string, number> = new Map([
  ['F64', 8],
  ['F32', 4],
  ['F16', 2],
  ['BF16', 2],
  ['I64', 8],
  ['I32', 4],
  ['I16', 2],
  ['I8', 1],
  ['U64', 8],
  ['U32', 4],
  ['U16', 2],
  ['U8', 1],
  ['BOOL', 1],
]);

/**
 * @param bytes exactly the bytes that the shape needs
 * @param where the file and the tensor, for errors
 * @throws WeightFileError `dtype` for an unsupported type, `too-large` for an integer beyond 32 bits
 */
export function decodeElements(
  dtype: string,
  shape: readonly number[],
  bytes: Uint8Array,
  where: string,
): HostTensor {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const width = ELEMENT_BYTES.get(dtype);
  const read = READERS[dtype];
  if (width === undefined || read === undefined) {
    throw new WeightFileError(
      `${where}: elements of type ${dtype} are not supported; convert them to F32, F16, BF16 or F64`,
      'dtype',
    );
  }
  const count = bytes.byteLength / width;
  if (dtype.includes('F')) {
    const values = new Float32Array(count);
    for (let k = 0; k < count; k++) values[k] = read(view, k * width);
    return float32(shape, values);
  }
  const values = new Int32Array(count);
  for (let k = 0; k < count; k++) {
    const value = read(view, k * width);
    if (value !== (value | 0)) {
      throw new WeightFileError(
        `${where}: the integer ${value} does not fit in 32 bits; no backbone has such a weight`,
        'too-large',
      );
    }
    values[k] = value;
  }
  return int32(shape, values);
}

const READERS: Readonly<Record<string, (view: DataView, offset: number) => number>> = {
  F64: (view, offset) => view.getFloat64(offset, true),
  F32: (view, offset) => view.getFloat32(offset, true),
  F16: (view, offset) => halfToNumber(view.getUint16(offset, true)),
  BF16: (view, offset) => upperHalfToNumber(view.getUint16(offset, true)),
  I64: (view, offset) => Number(view.getBigInt64(offset, true)),
  I32: (view, offset) => view.getInt32(offset, true),
  I16: (view, offset) => view.getInt16(offset, true),
  I8: (view, offset) => view.getInt8(offset),
  U8: (view, offset) => view.getUint8(offset),
};

/** IEEE 754 binary16. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const scratch = new DataView(new ArrayBuffer(4));

/** bfloat16: the upper half of a binary32. */
function upperHalfToNumber(bits: number): number {
  scratch.setUint32(0, bits * 0x10000);
  return scratch.getFloat32(0);
}
