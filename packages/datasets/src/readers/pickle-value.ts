/**
 * What a pickle holds: the values that readers get, and the items that the stack machine works on until then.
 */
import type { DatasetError } from '../errors.ts';
import type { LazyBytes } from './lazy-bytes.ts';

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
export const LAZY_BYTES = 256;

/** Makes the error that names the file and the byte. */
export type Corrupt = (what: string) => DatasetError;

/** More than any published file needs; a nest beyond it is an attack on the stack. */
const MAX_DEPTH = 64;

export type Item =
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

export class Dtype {
  code: string;
  constructor(code: string) {
    this.code = code;
  }
}

export class ArrayUnderWay {
  array: PickledArray | undefined;
}

export class Name {
  name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/**
 * The value of what lies on the stack in the end. What is there twice is one value in the result too: a list that holds
 * one list twice, which holds one list twice, and so on, stays as small as its file.
 */
export function finish(root: Item, corrupt: Corrupt): PickleValue {
  const known = new Map<Item, PickleValue>();
  const open = new Set<Item>();

  function finished(item: Item): PickleValue {
    if (item instanceof ArrayUnderWay) {
      if (item.array === undefined) throw corrupt('an array has no contents');
      return item.array;
    }
    if (item instanceof Dtype || item instanceof Name) throw corrupt('a type stands where a value should');
    if (!Array.isArray(item) && !(item instanceof Map)) return item;
    const before = known.get(item);
    if (before !== undefined) return before;
    if (open.has(item)) throw corrupt('a list or a dictionary contains itself');
    if (open.size > MAX_DEPTH) throw corrupt(`values are nested more than ${MAX_DEPTH} deep`);
    open.add(item);
    const value = Array.isArray(item)
      ? item.map(finished)
      : new Map([...item].map(([key, entry]) => [finished(key), finished(entry)]));
    open.delete(item);
    known.set(item, value);
    return value;
  }

  return finished(root);
}
