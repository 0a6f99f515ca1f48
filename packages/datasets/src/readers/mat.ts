/**
 * Reads MATLAB files of versions 5 to 7: numbers, text, cells and structs. (Version 7.3 is HDF5; no benchmark here uses it.)
 *
 * Source: "MAT-File Format", MathWorks. A file is a header of 128 bytes and a list of elements. An element has a type, a
 * length and bytes, padded to eight. Arrays are column-major. The readers on npm are under the GPL or cannot read structs.
 */
import { readFile } from 'node:fs/promises';
import { inflateSync } from 'node:zlib';
import { DatasetError } from '../errors.ts';

export type MatValue =
  /** Column-major. */
  | { kind: 'numbers'; shape: readonly number[]; values: readonly number[] }
  | { kind: 'text'; value: string }
  | { kind: 'cell'; shape: readonly number[]; values: readonly MatValue[] }
  | { kind: 'struct'; shape: readonly number[]; values: readonly ReadonlyMap<string, MatValue>[] };

/** More bytes than any published file needs. A small file that unpacks to more is an attack. */
const MAX_BYTES = 2 ** 28;

const MAX_DEPTH = 32;

/** @returns the variables by name @throws {DatasetError} naming the file and the fault */
export async function readMat(path: string): Promise<Map<string, MatValue>> {
  const bytes = await readFile(path);
  const corrupt = (what: string): DatasetError =>
    new DatasetError(`${path} is no MATLAB file of version 5 to 7: ${what}; fetch it again.`, 'corrupt');
  if (bytes.length < 128) throw corrupt('it is shorter than its header');
  if (bytes.toString('latin1', 126, 128) !== 'IM') throw corrupt('it has no little-endian version 5 header');
  const variables = new Map<string, MatValue>();
  let budget = MAX_BYTES;
  for (const element of elementsOf(bytes.subarray(128), corrupt)) {
    let { type, data } = element;
    if (type === COMPRESSED) {
      const unpacked = inflate(data, budget, corrupt);
      budget -= unpacked.length;
      const [inner] = elementsOf(unpacked, corrupt);
      if (inner === undefined) throw corrupt('a compressed element is empty');
      ({ type, data } = inner);
    }
    if (type !== MATRIX) continue;
    const { name, value } = readMatrix(data, 0, corrupt);
    if (value !== undefined) variables.set(name, value);
  }
  return variables;
}

/** The numbers of a variable, in column-major order. @throws {DatasetError} if the variable is missing */
export function matNumbers(variables: ReadonlyMap<string, MatValue>, name: string): readonly number[] {
  const value = variables.get(name);
  if (value?.kind === 'numbers') return value.values;
  const names = [...variables.keys()].join(', ');
  throw new DatasetError(
    `a MATLAB file has no numbers called ${name}, only ${names}; fetch it again.`,
    'corrupt',
  );
}

const MATRIX = 14;
const COMPRESSED = 15;

/** Bytes and reader of the numeric element types. */
const NUMERIC: Readonly<Record<number, readonly [width: number, read: (b: Buffer, at: number) => number]>> = {
  1: [1, (b, at) => b.readInt8(at)],
  2: [1, (b, at) => b.readUInt8(at)],
  3: [2, (b, at) => b.readInt16LE(at)],
  4: [2, (b, at) => b.readUInt16LE(at)],
  5: [4, (b, at) => b.readInt32LE(at)],
  6: [4, (b, at) => b.readUInt32LE(at)],
  7: [4, (b, at) => b.readFloatLE(at)],
  9: [8, (b, at) => b.readDoubleLE(at)],
  12: [8, (b, at) => Number(b.readBigInt64LE(at))],
  13: [8, (b, at) => Number(b.readBigUInt64LE(at))],
};

/** Encodings of the element types of text. */
const TEXT: Readonly<Record<number, BufferEncoding>> = {
  2: 'latin1',
  4: 'utf16le',
  16: 'utf8',
  17: 'utf16le',
};

const ARRAY_CLASS = { cell: 1, struct: 2, char: 4 } as const;

type Corrupt = (what: string) => DatasetError;

interface Element {
  type: number;
  data: Buffer;
}

function elementsOf(bytes: Buffer, corrupt: Corrupt): Element[] {
  const elements: Element[] = [];
  let at = 0;
  while (at + 8 <= bytes.length) {
    const first = bytes.readUInt32LE(at);
    // A small element packs its length into the upper half of the type and its data into the next four bytes.
    const small = first >>> 16;
    const type = small > 0 ? first & 0xffff : first;
    const length = small > 0 ? small : bytes.readUInt32LE(at + 4);
    const start = small > 0 ? at + 4 : at + 8;
    if (small > 4 || start + length > bytes.length) throw corrupt(`an element of ${length} bytes is cut off`);
    elements.push({ type, data: bytes.subarray(start, start + length) });
    const end = start + length;
    // Only compressed elements are not padded.
    at = type === COMPRESSED ? end : at + 8 * Math.ceil((end - at) / 8);
  }
  return elements;
}

function inflate(bytes: Buffer, limit: number, corrupt: Corrupt): Buffer {
  try {
    return inflateSync(bytes, { maxOutputLength: Math.max(1, limit) });
  } catch (error) {
    const tooLarge = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    throw corrupt(
      tooLarge ? `it unpacks to more than ${MAX_BYTES} bytes` : 'a compressed element is damaged',
    );
  }
}

function readMatrix(data: Buffer, depth: number, corrupt: Corrupt): { name: string; value?: MatValue } {
  if (depth > MAX_DEPTH) throw corrupt(`arrays are nested more than ${MAX_DEPTH} deep`);
  const [flags, dimensions, name, ...rest] = elementsOf(data, corrupt);
  // An empty cell or field may be an empty element.
  if (flags === undefined) return { name: '', value: { kind: 'numbers', shape: [0, 0], values: [] } };
  if (dimensions === undefined || name === undefined || flags.data.length < 8)
    throw corrupt('an array has no header');
  const shape = numbersOf(dimensions, corrupt);
  const count = shape.reduce((product, side) => product * side, 1);
  const arrayClass = flags.data.readUInt8(0);
  const label = name.data.toString('latin1');
  const child = (element: Element | undefined): MatValue => {
    if (element?.type !== MATRIX) throw corrupt(`an entry of ${label} is missing`);
    return (
      readMatrix(element.data, depth + 1, corrupt).value ?? { kind: 'numbers', shape: [0, 0], values: [] }
    );
  };
  if (arrayClass === ARRAY_CLASS.cell) {
    if (rest.length !== count) throw corrupt(`${label} has ${rest.length} entries, expected ${count}`);
    return { name: label, value: { kind: 'cell', shape, values: rest.map(child) } };
  }
  if (arrayClass === ARRAY_CLASS.struct) {
    const [width, names, ...entries] = rest;
    if (width === undefined || names === undefined) throw corrupt(`${label} has no fields`);
    const fields = fieldNames(names.data, numbersOf(width, corrupt)[0] ?? 0, corrupt);
    if (entries.length !== count * fields.length) {
      throw corrupt(`${label} has ${entries.length} entries, expected ${count * fields.length}`);
    }
    const values = Array.from(
      { length: count },
      (_, i) => new Map(fields.map((field, f) => [field, child(entries[i * fields.length + f])])),
    );
    return { name: label, value: { kind: 'struct', shape, values } };
  }
  const [content] = rest;
  if (arrayClass === ARRAY_CLASS.char) {
    const encoding = content === undefined ? 'latin1' : TEXT[content.type];
    if (encoding === undefined) throw corrupt(`${label} is text of an unknown kind`);
    return { name: label, value: { kind: 'text', value: content?.data.toString(encoding) ?? '' } };
  }
  // Sparse arrays, objects and functions are skipped: no reader here needs them, but a file may contain them.
  if (arrayClass < 6 || arrayClass > 15) return { name: label };
  const values = content === undefined ? [] : numbersOf(content, corrupt);
  if (values.length !== count) throw corrupt(`${label} has ${values.length} numbers, expected ${count}`);
  return { name: label, value: { kind: 'numbers', shape, values } };
}

function numbersOf({ type, data }: Element, corrupt: Corrupt): number[] {
  const numeric = NUMERIC[type];
  if (numeric === undefined) throw corrupt(`numbers of type ${type} are unknown`);
  const [width, read] = numeric;
  return Array.from({ length: Math.floor(data.length / width) }, (_, i) => read(data, i * width));
}

function fieldNames(bytes: Buffer, width: number, corrupt: Corrupt): string[] {
  if (width < 1 || bytes.length % width !== 0) throw corrupt('the names of fields are damaged');
  return Array.from({ length: bytes.length / width }, (_, i) =>
    bytes.toString('latin1', i * width, (i + 1) * width).replace(/\0.*$/s, ''),
  );
}
