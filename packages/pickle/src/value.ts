/** What a pickle holds: the values that readers get, and the items that the stack machine works on until then. */
import type { LazyBytes } from './lazy-bytes.ts';

/**
 * Tuples, lists and sets are arrays; dictionaries are maps. A byte string, of Python 2 or 3, shorter than
 * `LAZY_BYTES` is text as Latin-1, which keeps every byte (`Buffer.from(text, 'latin1')`); a longer one is lazy.
 * `T` is what the allowed names of the reader's `Vocabulary` make.
 */
export type PickleValue<T> =
  | null
  | boolean
  | number
  | bigint
  | string
  | LazyBytes
  | T
  | PickleValue<T>[]
  | Map<PickleValue<T>, PickleValue<T>>;

/** Byte strings of at least this length are left in the file. */
export const LAZY_BYTES = 256;

/** Makes the error that names the file and the byte. */
export type Corrupt = (what: string) => Error;

/** More than any published file needs; a nest beyond it is an attack on the stack. */
const MAX_DEPTH = 64;

export type Item =
  | null
  | boolean
  | number
  | bigint
  | string
  | LazyBytes
  | Constructed<unknown>
  | Name
  | Item[]
  | Map<Item, Item>;

/** What an allowed name makes when it is called. */
export abstract class Constructed<T> {
  /** What BUILD does with the state that the file gives (`__setstate__`). */
  build(_state: Item, corrupt: Corrupt): void {
    throw corrupt('BUILD needs something that takes a state');
  }
  /** The value that the reader gets. */
  abstract finish(corrupt: Corrupt): T;
}

/** An allowed name as it lies on the stack: `module attribute`. */
export class Name {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/**
 * The value of what lies on the stack in the end. What is there twice is one value in the result too: a list that holds
 * one list twice, which holds one list twice, and so on, stays as small as its file.
 */
export function finish<T>(root: Item, corrupt: Corrupt): PickleValue<T> {
  const known = new Map<Item, PickleValue<T>>();
  const open = new Set<Item>();

  function finished(item: Item): PickleValue<T> {
    if (item instanceof Constructed) return item.finish(corrupt) as T;
    if (item instanceof Name) throw corrupt('a type stands where a value should');
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
