/**
 * Records the op that raised an error, and the op's tensors. TensorFlow.js's own messages often omit both.
 *
 * The error itself stays unchanged; the reporting code calls {@link callOf}.
 */
import type { Shape } from './host-tensor.ts';

const calls = new WeakMap<Error, string>();

interface TensorLike {
  readonly shape: Shape;
  readonly dtype: string;
}

/** Records that `op` raised `error` on `tensors`, unless an inner op is already recorded. */
export function noteCall(error: unknown, op: string, tensors: readonly TensorLike[]): void {
  if (!(error instanceof Error) || calls.has(error)) return;
  calls.set(error, [op, tensors.map(described).join(' · ')].filter((part) => part !== '').join(' '));
}

/** The op and its tensors' shapes, such as `Conv2D [2,8,8,3] · [3,3,4,8]`. Types other than float32 are named. */
export function callOf(error: Error): string | undefined {
  return calls.get(error);
}

function described({ shape, dtype }: TensorLike): string {
  return `${dtype === 'float32' ? '' : `${dtype} `}[${shape}]`;
}

/** The names of TensorFlow.js's op functions end with this suffix. */
const OP_SUFFIX = '__op';

type Callable = (...args: unknown[]) => unknown;

/** The library with ops that record their call on an error. All other members are unchanged. */
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

/** Whether a member is a group of ops, such as `tf.losses` or `tf.linalg`. */
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
