/**
 * IDX, the format of MNIST and Fashion-MNIST: two zero bytes, the type (8 = unsigned byte), the number of dimensions,
 * each dimension as a big-endian 32-bit integer, then the values (http://yann.lecun.com/exdb/mnist/).
 */
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { DatasetError } from '../errors.ts';

export interface IdxArray {
  shape: readonly number[];
  /** Row-major. */
  values: Uint8Array;
}

/** Five times the size of Fashion-MNIST's training images. A small file that unpacks to more is an attack. */
const MAX_BYTES = 2 ** 28;

/** Reads an IDX file of unsigned bytes, gzipped or not. @throws {DatasetError} naming the file and the position */
export async function readIdx(path: string): Promise<IdxArray> {
  const corrupt = (what: string): DatasetError =>
    new DatasetError(`${path} is no IDX file of bytes: ${what}; fetch it again.`, 'corrupt');
  let bytes: Buffer = await readFile(path);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    bytes = await promisify(gunzip)(bytes, { maxOutputLength: MAX_BYTES }).catch((error: unknown) => {
      throw corrupt(error instanceof Error ? error.message : String(error));
    });
  }
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0) throw corrupt('bytes 0 and 1 are not zero');
  if (bytes[2] !== 8) throw corrupt(`the type (byte 2) is ${bytes[2]}, expected 8`);
  const dimensions = bytes[3]!;
  const start = 4 + 4 * dimensions;
  if (bytes.length < start) throw corrupt('it ends within its header');
  const shape = Array.from({ length: dimensions }, (_, i) => bytes.readUInt32BE(4 + 4 * i));
  const expected = shape.reduce((product, side) => product * side, 1);
  if (bytes.length - start !== expected) {
    throw corrupt(
      `${shape.join('×')} needs ${expected} bytes after byte ${start}, found ${bytes.length - start}`,
    );
  }
  return { shape, values: bytes.subarray(start) };
}
