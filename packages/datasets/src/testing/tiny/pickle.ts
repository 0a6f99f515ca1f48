/** Writes Python pickles of protocol 2 opcode by opcode (Lib/pickletools.py), like the benchmarks' pickles from Python 2 and numpy. */

export type Picklable =
  | number
  | string
  | Buffer
  | NumpyArray
  | readonly Picklable[]
  | ReadonlyMap<string, Picklable>;

export interface NumpyArray {
  shape: readonly number[];
  dtype: 'u1' | 'i8';
  data: Buffer;
}

/** A pickle of numbers, lists, dictionaries, byte strings (`Buffer`), text of Python 2 (`string`) and numpy arrays. */
export function pickle(value: Picklable): Buffer {
  return Buffer.concat([Buffer.of(0x80, 2), ...opcodes(value), Buffer.from('.')]);
}

function opcodes(value: Picklable): Buffer[] {
  if (typeof value === 'number') return [int(value)];
  if (typeof value === 'string') return [byteString(Buffer.from(value, 'latin1'))];
  if (Buffer.isBuffer(value)) return [byteString(value)];
  if (value instanceof Map) {
    const entries = [...value].flatMap(([key, item]: [string, Picklable]) => [
      ...opcodes(key),
      ...opcodes(item),
    ]);
    return [Buffer.from('}('), ...entries, Buffer.from('u')];
  }
  if (Array.isArray(value)) return [Buffer.from(']('), ...value.flatMap(opcodes), Buffer.from('e')];
  return numpyArray(value as NumpyArray);
}

function numpyArray({ shape, dtype, data }: NumpyArray): Buffer[] {
  const tuple = (items: Buffer[]): Buffer[] => [Buffer.from('('), ...items, Buffer.from('t')];
  const [none, no] = [Buffer.from('N'), Buffer.of(0x89)];
  const order = dtype === 'u1' ? '|' : '<';
  return [
    // numpy.core.multiarray._reconstruct(numpy.ndarray, (0,), 'b')
    Buffer.from('cnumpy.core.multiarray\n_reconstruct\n'),
    ...tuple([Buffer.from('cnumpy\nndarray\n'), ...tuple([int(0)]), byteString(Buffer.from('b'))]),
    Buffer.from('R'),
    // .__setstate__((1, shape, dtype, is_fortran, data))
    ...tuple([
      int(1),
      ...tuple(shape.map(int)),
      Buffer.from('cnumpy\ndtype\n'),
      ...tuple([byteString(Buffer.from(dtype)), int(0), int(1)]),
      Buffer.from('R'),
      ...tuple([int(3), byteString(Buffer.from(order)), none, none, none, int(-1), int(-1), int(0)]),
      Buffer.from('b'),
      no,
      byteString(data),
    ]),
    Buffer.from('b'),
  ];
}

/** BININT. */
function int(value: number): Buffer {
  const code = Buffer.alloc(5);
  code.write('J');
  code.writeInt32LE(value, 1);
  return code;
}

/** SHORT_BINSTRING or BINSTRING. */
function byteString(bytes: Buffer): Buffer {
  if (bytes.length < 256) return Buffer.concat([Buffer.from('U'), Buffer.of(bytes.length), bytes]);
  const code = Buffer.alloc(5);
  code.write('T');
  code.writeInt32LE(bytes.length, 1);
  return Buffer.concat([code, bytes]);
}
