/** The names that a pickle may use, and what each stands for. Any other name is an attack, or a file of another kind. */
import { type LazyBytes, memoryBytes } from './lazy-bytes.ts';
import { arrayOfBuffer, numpyScalar } from './pickle-numpy.ts';
import { ArrayUnderWay, type Corrupt, Dtype, type Item, LAZY_BYTES } from './pickle-value.ts';

type Call = (args: readonly Item[], corrupt: Corrupt) => Item;

const newArray: Call = () => new ArrayUnderWay();

// What REDUCE may do. Each takes the arguments as they stand on the stack.
export const ALLOWED: Readonly<Record<string, Call>> = {
  'numpy.core.multiarray _reconstruct': newArray,
  'numpy._core.multiarray _reconstruct': newArray,
  'numpy.core.numeric _frombuffer': arrayOfBuffer,
  'numpy._core.numeric _frombuffer': arrayOfBuffer,
  'numpy.core.multiarray scalar': numpyScalar,
  'numpy._core.multiarray scalar': numpyScalar,
  'numpy dtype': ([code], corrupt) => new Dtype(text(code, corrupt)),
  '_codecs encode': ([characters], corrupt) => latin1(text(characters, corrupt)),
  '__builtin__ bytes': () => '',
  'builtins bytes': () => '',
  'collections OrderedDict': orderedDictionary,
};

/** Named, as an argument of `_reconstruct`, but never called. */
export const ALLOWED_NAMES = new Set(['numpy ndarray']);

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

function text(item: Item | undefined, corrupt: Corrupt): string {
  if (typeof item === 'string') return item;
  throw corrupt('something stands where text should');
}
