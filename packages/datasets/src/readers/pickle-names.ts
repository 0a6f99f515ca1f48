/** The names that a pickle may use, and what each stands for. Any other name is an attack, or a file of another kind. */
import { type LazyBytes, memoryBytes } from './lazy-bytes.ts';
import { numpyScalar } from './pickle-numpy.ts';
import { ArrayUnderWay, Dtype, type Item, LAZY_BYTES } from './pickle-value.ts';

// What REDUCE may do. Each takes the arguments as they stand on the stack.
export const ALLOWED: Readonly<Record<string, (args: readonly Item[]) => Item>> = {
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
export const ALLOWED_NAMES = new Set(['numpy ndarray']);

/** Text of protocol 2 bytes, as Python 3 writes them: each character is a byte. */
function latin1(text: string): string | LazyBytes {
  return text.length < LAZY_BYTES ? text : memoryBytes(Buffer.from(text, 'latin1'));
}
