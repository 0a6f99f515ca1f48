/**
 * Python pickles read as data. Nothing in them is ever run.
 *
 * A pickle is a program for a stack machine (CPython, Lib/pickletools.py describes every opcode); REDUCE and its kin
 * call whatever the file names, which is how a file comes to call `os.system`. Here a name that is not in `ALLOWED` is
 * an error, and the few that are stand for functions written below: NumPy arrays, byte strings, ordered dictionaries.
 *
 * The file is read through a small window, and byte strings stay where they are until they are wanted, so a pickle of
 * ten gigabytes (tieredImageNet) costs the memory of its index. Python 2 strings are bytes; they are never taken for
 * text in a lossy way, which the pickle readers on npm do (they decode them as Windows-1252).
 */
import { type FileHandle, open } from 'node:fs/promises';
import { DatasetError } from '../errors.ts';
import { fileBytes, type LazyBytes, memoryBytes, type WindowedFile, windowedFile } from './lazy-bytes.ts';

/**
 * Tuples, lists and sets are arrays; dictionaries are maps. A byte string, of Python 2 or 3, shorter than
 * `LAZY_BYTES` is text as Latin-1, which keeps every byte (`Buffer.from(text, 'latin1')`); a longer one is lazy.
 */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | LazyBytes
  | PickledArray
  | PickleValue[]
  | Map<PickleValue, PickleValue>;

/** A NumPy array as it lies in the file. */
export interface PickledArray {
  readonly kind: 'array';
  readonly shape: readonly number[];
  /** NumPy's code and the order of bytes, such as `u1`, `<i8`, `<f4`. */
  readonly dtype: string;
  /** Column-major. */
  readonly fortran: boolean;
  readonly data: LazyBytes;
}

/** Byte strings of at least this length are left in the file. */
const LAZY_BYTES = 256;

/** More than any published file needs; a nest beyond it is an attack on the stack. */
const MAX_DEPTH = 64;

/**
 * Reads one pickle of any protocol.
 *
 * @throws {DatasetError} `unsafe-pickle` for a name or opcode that is not allowed, `corrupt` for a damaged file; both
 * with the file and the byte
 */
export async function readPickle(path: string): Promise<PickleValue> {
  const handle = await open(path, 'r');
  try {
    return await parse(path, handle);
  } finally {
    await handle.close();
  }
}

// What REDUCE may do. Each takes the arguments as they stand on the stack.
const ALLOWED: Readonly<Record<string, (args: readonly Item[]) => Item>> = {
  'numpy.core.multiarray _reconstruct': () => new ArrayUnderWay(),
  'numpy._core.multiarray _reconstruct': () => new ArrayUnderWay(),
  'numpy.core.multiarray scalar': numpyScalar,
  'numpy._core.multiarray scalar': numpyScalar,
  'numpy dtype': ([code]) => new Dtype(String(code)),
  '_codecs encode': ([text]) => latin1(String(text)),
  '__builtin__ bytes': () => '',
  'builtins bytes': () => '',
  'collections OrderedDict': ([pairs]) => new Map(Array.isArray(pairs) ? (pairs as [Item, Item][]) : []),
};

/** Named, as an argument of `_reconstruct`, but never called. */
const ALLOWED_NAMES = new Set(['numpy ndarray']);

class Dtype {
  code: string;
  constructor(code: string) {
    this.code = code;
  }
}

class ArrayUnderWay {
  array: PickledArray | undefined;
}

class Name {
  name: string;
  constructor(name: string) {
    this.name = name;
  }
}

type Item =
  | null
  | boolean
  | number
  | bigint
  | string
  | LazyBytes
  | PickledArray
  | Dtype
  | ArrayUnderWay
  | Name
  | Item[]
  | Map<Item, Item>;

async function parse(path: string, handle: FileHandle): Promise<PickleValue> {
  const file = await windowedFile(path, handle);
  const stack: Item[] = [];
  const marks: number[] = [];
  const memo = new Map<number, Item>();
  let at = 0;
  const corrupt = (what: string): DatasetError =>
    new DatasetError(`${path}, byte ${at}: ${what}; the pickle is damaged, fetch it again.`, 'corrupt');
  const pop = (): Item => {
    const floor = marks.at(-1) ?? 0;
    if (stack.length <= floor) throw corrupt('the stack is empty');
    return stack.pop() as Item;
  };
  const top = (): Item => {
    if (stack.length === 0) throw corrupt('the stack is empty');
    return stack.at(-1) as Item;
  };
  const sinceMark = (): Item[] => {
    const mark = marks.pop();
    if (mark === undefined) throw corrupt('there is no mark');
    return stack.splice(mark);
  };
  const recall = (key: number): void => {
    const item = memo.get(key);
    if (item === undefined && !memo.has(key)) throw corrupt(`nothing is remembered as ${key}`);
    stack.push(item as Item);
  };
  const append = (items: readonly Item[]): void => {
    const list = top();
    if (!Array.isArray(list)) throw corrupt('APPEND needs a list');
    for (const item of items) list.push(item);
  };
  const setItems = (items: readonly Item[]): void => {
    const map = top();
    if (!(map instanceof Map) || items.length % 2 !== 0)
      throw corrupt('SETITEM needs a dictionary and pairs');
    for (let i = 0; i < items.length; i += 2) map.set(items[i] as Item, items[i + 1] as Item);
  };
  const name = (module: string, attribute: string): Name => {
    const full = `${module} ${attribute}`;
    if (ALLOWED[full] === undefined && !ALLOWED_NAMES.has(full)) {
      throw new DatasetError(
        `${path}, byte ${at}: the pickle names ${module}.${attribute}, which is not plain data; nothing was run. ` +
          'Do not use this file.',
        'unsafe-pickle',
      );
    }
    return new Name(full);
  };
  const number = (text: string): Item => {
    const digits = text.replace(/L$/, '');
    if (!/^-?\d+$/.test(digits)) throw corrupt(`${JSON.stringify(text)} is no integer`);
    return smallest(BigInt(digits));
  };

  for (;;) {
    at = file.position;
    const opcode = String.fromCharCode(await file.byte());
    switch (opcode) {
      case '.': {
        const value = finish(pop(), 0, corrupt);
        return value;
      }
      case '\x80': // PROTO
        await file.byte();
        break;
      case '\x95': // FRAME: a hint for readers, its length is not needed
        await file.uint(8);
        break;
      case '(':
        marks.push(stack.length);
        break;
      case '0':
        pop();
        break;
      case '1':
        sinceMark();
        break;
      case '2':
        stack.push(top());
        break;
      case 'N':
        stack.push(null);
        break;
      case '\x88':
        stack.push(true);
        break;
      case '\x89':
        stack.push(false);
        break;
      case 'I': {
        const text = await file.line();
        // Protocol 0 writes booleans as these two.
        stack.push(text === '00' ? false : text === '01' ? true : number(text));
        break;
      }
      case 'L':
        stack.push(number(await file.line()));
        break;
      case 'J':
        stack.push((await file.uint(4)) | 0);
        break;
      case 'K':
        stack.push(await file.byte());
        break;
      case 'M':
        stack.push(await file.uint(2));
        break;
      case '\x8a':
        stack.push(signed(await file.bytes(await file.byte())));
        break;
      case '\x8b':
        stack.push(signed(await file.bytes(await file.uint(4))));
        break;
      case 'F': {
        const value = Number(await file.line());
        stack.push(value);
        break;
      }
      case 'G':
        stack.push(Buffer.from(await file.bytes(8)).readDoubleBE(0));
        break;
      case 'S':
        stack.push(unquoted(await file.line(), corrupt));
        break;
      case 'V':
        stack.push(rawUnicode(await file.line()));
        break;
      case 'T':
      case 'B':
        stack.push(await byteString(file, path, await file.uint(4)));
        break;
      case 'U':
      case 'C':
        stack.push(await byteString(file, path, await file.byte()));
        break;
      case '\x8e':
      case '\x96':
        stack.push(await byteString(file, path, await file.uint(8)));
        break;
      case 'X':
        stack.push(Buffer.from(await file.bytes(await file.uint(4))).toString('utf8'));
        break;
      case '\x8c':
        stack.push(Buffer.from(await file.bytes(await file.byte())).toString('utf8'));
        break;
      case '\x8d':
        stack.push(Buffer.from(await file.bytes(await file.uint(8))).toString('utf8'));
        break;
      case ']':
      case ')':
      case '\x8f':
        stack.push([]);
        break;
      case 'l':
      case 't':
      case '\x91':
        stack.push(sinceMark());
        break;
      case '\x85':
        stack.push([pop()]);
        break;
      case '\x86': {
        const [b, a] = [pop(), pop()];
        stack.push([a, b]);
        break;
      }
      case '\x87': {
        const [c, b, a] = [pop(), pop(), pop()];
        stack.push([a, b, c]);
        break;
      }
      case '}':
        stack.push(new Map());
        break;
      case 'd': {
        const items = sinceMark();
        stack.push(new Map());
        setItems(items);
        break;
      }
      case 'a': {
        const item = pop();
        append([item]);
        break;
      }
      case 'e':
      case '\x90': {
        const items = sinceMark();
        append(items);
        break;
      }
      case 's': {
        const [value, key] = [pop(), pop()];
        setItems([key, value]);
        break;
      }
      case 'u': {
        const items = sinceMark();
        setItems(items);
        break;
      }
      case 'p':
        memo.set(Number(await file.line()), top());
        break;
      case 'q':
        memo.set(await file.byte(), top());
        break;
      case 'r':
        memo.set(await file.uint(4), top());
        break;
      case '\x94':
        memo.set(memo.size, top());
        break;
      case 'g':
        recall(Number(await file.line()));
        break;
      case 'h':
        recall(await file.byte());
        break;
      case 'j':
        recall(await file.uint(4));
        break;
      case 'c':
        stack.push(name(await file.line(), await file.line()));
        break;
      case '\x93': {
        const [attribute, module] = [pop(), pop()];
        stack.push(name(String(module), String(attribute)));
        break;
      }
      case 'R': {
        const [args, callee] = [pop(), pop()];
        const call = callee instanceof Name ? ALLOWED[callee.name] : undefined;
        if (call === undefined || !Array.isArray(args)) throw corrupt('REDUCE has nothing that it may call');
        stack.push(call(args));
        break;
      }
      case 'b': {
        const state = pop();
        build(top(), state, corrupt);
        break;
      }
      case 'i':
      case 'o':
      case '\x81':
      case '\x92':
      case 'P':
      case 'Q':
      case '\x82':
      case '\x83':
      case '\x84':
        throw new DatasetError(
          `${path}, byte ${at}: the pickle makes an object (opcode 0x${opcode.charCodeAt(0).toString(16)}), which is ` +
            'not plain data; nothing was run. Do not use this file.',
          'unsafe-pickle',
        );
      default:
        throw corrupt(`0x${opcode.charCodeAt(0).toString(16)} is no opcode`);
    }
  }
}

/** BUILD: the state of a dtype (its order of bytes) or of an array (version, shape, dtype, order, data). */
function build(target: Item, state: Item, corrupt: (what: string) => DatasetError): void {
  if (!Array.isArray(state)) throw corrupt('BUILD needs a tuple');
  if (target instanceof Dtype) {
    const order = String(state[1]);
    if (!/^[<>|=]/.test(target.code) && order !== '|') target.code = `${order}${target.code}`;
    return;
  }
  if (!(target instanceof ArrayUnderWay)) throw corrupt('BUILD needs an array or a dtype');
  const [, shape, dtype, fortran, data] = state;
  const sides = Array.isArray(shape) ? shape.map(Number) : undefined;
  if (sides === undefined || !(dtype instanceof Dtype) || Array.isArray(data)) {
    throw corrupt('only arrays of plain numbers are read');
  }
  const match = /^[<>|=]?([biuf])(\d)$/.exec(dtype.code);
  if (match === null) throw corrupt(`arrays of ${dtype.code} are not read`);
  const lazy = typeof data === 'string' ? memoryBytes(latin1Bytes(data)) : (data as LazyBytes);
  const expected = sides.reduce((product, side) => product * side, Number(match[2]));
  if (lazy?.length !== expected)
    throw corrupt(`an array of ${sides.join('×')} ${dtype.code} needs ${expected} bytes`);
  target.array = { kind: 'array', shape: sides, dtype: dtype.code, fortran: fortran === true, data: lazy };
}

/** A NumPy number on its own, such as a label: integers of up to eight bytes and floats. */
function numpyScalar([dtype, bytes]: readonly Item[]): Item {
  if (!(dtype instanceof Dtype) || typeof bytes !== 'string') return null;
  return numberAt(Buffer.from(bytes, 'latin1'), dtype.code, 0);
}

function finish(item: Item, depth: number, corrupt: (what: string) => DatasetError): PickleValue {
  if (depth > MAX_DEPTH) throw corrupt(`values are nested more than ${MAX_DEPTH} deep`);
  if (Array.isArray(item)) return item.map((entry) => finish(entry, depth + 1, corrupt));
  if (item instanceof Map) {
    return new Map(
      [...item].map(([key, value]) => [finish(key, depth + 1, corrupt), finish(value, depth + 1, corrupt)]),
    );
  }
  if (item instanceof ArrayUnderWay) {
    if (item.array === undefined) throw corrupt('an array has no contents');
    return item.array;
  }
  if (item instanceof Dtype || item instanceof Name) throw corrupt('a type stands where a value should');
  return item;
}

async function byteString(file: WindowedFile, path: string, length: number): Promise<string | LazyBytes> {
  if (length < LAZY_BYTES) return Buffer.from(await file.bytes(length)).toString('latin1');
  const start = file.position;
  file.skip(length);
  return fileBytes(path, start, length);
}

/** Text of protocol 2 bytes, as Python 3 writes them: each character is a byte. */
function latin1(text: string): string | LazyBytes {
  return text.length < LAZY_BYTES ? text : memoryBytes(latin1Bytes(text));
}

function latin1Bytes(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}

/** LONG1 and LONG4: little-endian two's complement. */
function signed(bytes: Uint8Array): number | bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
  return smallest(BigInt.asIntN(8 * bytes.length, value));
}

function smallest(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** A Python 2 string literal of protocol 0. */
function unquoted(text: string, corrupt: (what: string) => DatasetError): string {
  const quoted = /^(['"])(.*)\1$/s.exec(text.trim());
  if (quoted === null) throw corrupt('a string has no quotes');
  const simple: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };
  return quoted[2]!.replace(/\\(x[0-9a-f]{2}|.)/gis, (_, code: string) =>
    code.length === 3 ? String.fromCharCode(Number.parseInt(code.slice(1), 16)) : (simple[code] ?? code),
  );
}

/** Python's raw-unicode-escape. */
function rawUnicode(text: string): string {
  return text.replace(/\\u([0-9a-f]{4})|\\U([0-9a-f]{8})/gi, (_, short?: string, long?: string) =>
    String.fromCodePoint(Number.parseInt((short ?? long)!, 16)),
  );
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
