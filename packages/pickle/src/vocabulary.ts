/** The names that a pickle may use, and what each stands for. Any other name is an attack, or a file of another kind. */
import { type LazyBytes, memoryBytes } from './lazy-bytes.ts';
import { type Corrupt, type Item, LAZY_BYTES } from './value.ts';

/** What REDUCE does for a name: takes the arguments as they stand on the stack. */
export type Call = (args: readonly Item[], corrupt: Corrupt) => Item;

export interface Vocabulary {
  /** Names that may be called, as `module attribute`. Byte strings and ordered dictionaries need no entry. */
  readonly calls: Readonly<Record<string, Call>>;
  /** Names that may stand as arguments and are never called. */
  readonly names?: ReadonlySet<string>;
  /** What a persistent id stands for; absent where the format has none. */
  readonly persistent?: (id: Item, corrupt: Corrupt) => Item;
}

/** Plain data, as every Python writes it. */
export const PLAIN: Readonly<Record<string, Call>> = {
  '_codecs encode': ([characters], corrupt) => latin1(text(characters, corrupt)),
  '__builtin__ bytes': () => '',
  'builtins bytes': () => '',
  'collections OrderedDict': orderedDictionary,
};

/** An argument that must be text. */
export function text(item: Item | undefined, corrupt: Corrupt): string {
  if (typeof item === 'string') return item;
  throw corrupt('something stands where text should');
}

/** Text of protocol 2 bytes, as Python 3 writes them: each character is a byte. */
function latin1(characters: string): string | LazyBytes {
  return characters.length < LAZY_BYTES ? characters : memoryBytes(Buffer.from(characters, 'latin1'));
}

function orderedDictionary([pairs]: readonly Item[], corrupt: Corrupt): Item {
  const entries = pairs ?? [];
  const isPair = (entry: Item): entry is [Item, Item] => Array.isArray(entry) && entry.length === 2;
  if (!Array.isArray(entries) || !entries.every(isPair)) throw corrupt('an OrderedDict needs pairs');
  return new Map(entries);
}
