/**
 * Which op an error comes from, and what it was called with. TensorFlow.js's own messages often say neither.
 *
 * The error itself stays as it is: whoever reports it asks {@link callOf}.
 */
import type { Shape } from './host-tensor.ts';

const calls = new WeakMap<Error, string>();

interface TensorLike {
  readonly shape: Shape;
  readonly dtype: string;
}

/** Remembers that `error` was raised by that op on these tensors, unless an op further inside is known already. */
export function noteCall(error: unknown, op: string, tensors: readonly TensorLike[]): void {
  if (!(error instanceof Error) || calls.has(error)) return;
  calls.set(error, [op, tensors.map(described).join(' · ')].filter((part) => part !== '').join(' '));
}

/** The op and the shapes of its tensors, as `Conv2D [2,8,8,3] · [3,3,4,8]`; types other than float32 are named. */
export function callOf(error: Error): string | undefined {
  return calls.get(error);
}

function described({ shape, dtype }: TensorLike): string {
  return `${dtype === 'float32' ? '' : `${dtype} `}[${shape}]`;
}

/** TensorFlow.js gives the functions that are ops a name with this ending. */
const OP_SUFFIX = '__op';

type Callable = (...args: unknown[]) => unknown;

/** The library with ops that note their call on an error; everything else is the library's own. */
export function notingCalls<Library extends object>(library: Library): Library {
  const replaced: PropertyDescriptorMap = {};
  for (const [name, member] of Object.entries(library)) {
    const value = isOp(member) ? noting(member) : isGroup(member) ? notingCalls(member) : undefined;
    if (value !== undefined) replaced[name] = { value, enumerable: true };
  }
  return Object.create(library, replaced) as Library;
}

function isOp(member: unknown): member is Callable {
  return typeof member === 'function' && member.name.endsWith(OP_SUFFIX);
}

/** As `tf.losses` and `tf.linalg`. */
function isGroup(member: unknown): member is object {
  return typeof member === 'object' && member !== null && Object.values(member).some(isOp);
}

function noting(op: Callable): Callable {
  const name = op.name.slice(0, -OP_SUFFIX.length);
  return (...args) => {
    try {
      return op(...args);
    } catch (error) {
      noteCall(error, name, args.flat().filter(isTensor));
      throw error;
    }
  };
}

function isTensor(value: unknown): value is TensorLike {
  return typeof value === 'object' && value !== null && 'shape' in value && 'dtype' in value;
}
