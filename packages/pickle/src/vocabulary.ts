/** The names that a pickle may use, and their meanings. Any other name is an attack, or a file of another kind. */
import { type LazyBytes, memoryBytes } from './lazy-bytes.ts';
import { type Corrupt, type Item, LAZY_BYTES } from './value.ts';

/** The function that REDUCE calls for a name. Its arguments are items of the stack. */
export type Call = (args: readonly Item[], corrupt: Corrupt) => Item;

export interface Vocabulary {
  /** Names that may be called, as `module attribute`. Byte strings and ordered dictionaries need no entry. */
  readonly calls: Readonly<Record<string, Call>>;
  /** Names that are allowed as arguments and are never called. */
  readonly names?: ReadonlySet<string>;
  /** Resolves a persistent id; absent if the format has none. */
  readonly persistent?: (id: Item, corrupt: Corrupt) => Item;
}

/** Names of plain data in pickles of every Python. */
export const PLAIN: Readonly<Record<string, Call>> = {
  '_codecs encode': ([characters], corrupt) => latin1(text(characters, corrupt)),
  '__builtin__ bytes': () => '',
  'builtins bytes': () => '',
  'collections OrderedDict': orderedDictionary,
};

/** The item as text. @throws `corrupt` where it is no text */
export function text(item: Item | undefined, corrupt: Corrupt): string {
  if (typeof item === 'string') return item;
  throw corrupt('expected text');
}

/** The bytes of a text in which Python 3's protocol 2 writes each byte as a character. */
function latin1(characters: string): string | LazyBytes {
  return characters.length < LAZY_BYTES ? characters : memoryBytes(Buffer.from(characters, 'latin1'));
}

function orderedDictionary([pairs]: readonly Item[], corrupt: Corrupt): Item {
  const entries = pairs ?? [];
  const isPair = (entry: Item): entry is [Item, Item] => Array.isArray(entry) && entry.length === 2;
  if (!Array.isArray(entries) || !entries.every(isPair)) throw corrupt('an OrderedDict needs pairs');
  return new Map(entries);
}
