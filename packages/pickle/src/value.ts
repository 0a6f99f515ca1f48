/** The values of a pickle that callers get, and the items on the stack machine's stack. */
import type { LazyBytes } from './lazy-bytes.ts';

/**
 * Tuples, lists and sets are arrays; dictionaries are maps. A byte string of Python 2 or 3 is Latin-1 text if it is
 * shorter than `LAZY_BYTES`; Latin-1 keeps every byte (`Buffer.from(text, 'latin1')`). A longer byte string is lazy.
 * `T` is the type of the values that the vocabulary's calls make.
 */
export type PickleValue<T> = Atom | T | PickleValue<T>[] | Map<PickleValue<T>, PickleValue<T>>;

type Atom = null | boolean | number | bigint | string | LazyBytes;

/** Byte strings of at least this length, in bytes, stay in the file. */
export const LAZY_BYTES = 256;

/** Makes the error that names the file and the byte. */
export type Corrupt = (what: string) => Error;

/** No published file nests deeper; deeper nesting is an attack on the call stack. */
const MAX_DEPTH = 64;

export type Item = Atom | Constructed<unknown> | Name | Item[] | Map<Item, Item>;

/** An object made by a call of the vocabulary. */
export abstract class Constructed<T> {
  /** Applies BUILD's state (`__setstate__`). */
  build(_state: Item, corrupt: Corrupt): void {
    throw corrupt('BUILD needs an object that takes a state');
  }
  /** The value that the caller gets. */
  abstract finish(corrupt: Corrupt): T;
}

/** An allowed name on the stack: `module attribute`. */
export class Name {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/**
 * Converts the last item on the stack to a value. An item that occurs twice becomes one shared value. So a list that
 * holds one list twice, which again holds one list twice, and so on, stays as small as its file.
 */
export function finish<T>(root: Item, corrupt: Corrupt): PickleValue<T> {
  const known = new Map<Item, PickleValue<T>>();
  const open = new Set<Item>();

  function finished(item: Item): PickleValue<T> {
    if (item instanceof Constructed) return item.finish(corrupt) as T;
    if (item instanceof Name) throw corrupt('found a type, expected a value');
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
