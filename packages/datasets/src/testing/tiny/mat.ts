/**
 * Writes MATLAB 5 files ("MAT-File Format", The MathWorks), compressed like the benchmarks' files: matrices of numbers, and
 * an array of structures with text and numbers.
 */
import { deflateSync } from 'node:zlib';

export type MatValue = readonly number[] | string | MatStructures;

export interface MatStructures {
  fields: readonly string[];
  rows: readonly (readonly (number | string)[])[];
}

/** Variables by name; whole numbers become a row vector (1 × n) of unsigned 16-bit integers. */
export function mat(variables: Readonly<Record<string, MatValue>>): Buffer {
  const header = Buffer.alloc(128, ' ');
  header.write('MATLAB 5.0 MAT-file');
  header.writeUInt16LE(0x0100, 124);
  header.write('IM', 126);
  const parts = Object.entries(variables).map(([name, value]) => {
    const packed = deflateSync(matrix(name, value));
    const tag = Buffer.alloc(8);
    tag.writeUInt32LE(15, 0); // miCOMPRESSED
    tag.writeUInt32LE(packed.length, 4);
    return Buffer.concat([tag, packed]);
  });
  return Buffer.concat([header, ...parts]);
}

function matrix(name: string, value: MatValue | number): Buffer {
  if (typeof value === 'number') return matrix(name, [value]);
  if (typeof value === 'string') {
    const text = Buffer.from(value, 'utf16le');
    return element(14, header(name, 4, 1, value.length), element(4, text)); // mxCHAR, miUINT16
  }
  if ('fields' in value) {
    const nameLength = 32;
    const names = Buffer.alloc(nameLength * value.fields.length);
    for (const [i, field] of value.fields.entries()) names.write(field, i * nameLength, 'latin1');
    const length = Buffer.alloc(8);
    length.writeUInt16LE(5, 0); // a small element: miINT32, 4 bytes
    length.writeUInt16LE(4, 2);
    length.writeInt32LE(nameLength, 4);
    const cells = value.rows.flatMap((row) => row.map((cell) => matrix('', cell)));
    return element(14, header(name, 2, value.rows.length, 1), length, element(1, names), ...cells); // mxSTRUCT
  }
  const numbers = Buffer.from(Uint16Array.from(value).buffer);
  return element(14, header(name, 11, 1, value.length), element(4, numbers)); // mxUINT16, miUINT16
}

function header(name: string, type: number, rows: number, columns: number): Buffer {
  const flags = Buffer.alloc(8);
  flags.writeUInt32LE(type, 0);
  const shape = Buffer.alloc(8);
  shape.writeInt32LE(rows, 0);
  shape.writeInt32LE(columns, 4);
  return Buffer.concat([element(6, flags), element(5, shape), element(1, Buffer.from(name, 'latin1'))]);
}

function element(type: number, ...parts: readonly Buffer[]): Buffer {
  const data = Buffer.concat(parts);
  const tag = Buffer.alloc(8);
  tag.writeUInt32LE(type, 0);
  tag.writeUInt32LE(data.length, 4);
  return Buffer.concat([tag, data, Buffer.alloc(-data.length & 7)]);
}
