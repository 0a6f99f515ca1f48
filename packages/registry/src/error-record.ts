/**
 * An error as data, so that it keeps its class between threads, processes and machines. `structuredClone` and JSON alone turn
 * every error into a plain `Error` or an object.
 *
 * A class of errors calls `revivable` once. `recordOfError` writes an error down; `reviveError` makes an error of the same class,
 * or of its nearest known ancestor where the process has not loaded the class.
 */

/** Plain data: JSON and `structuredClone` carry it unchanged. */
export interface ErrorRecord {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  /** Names of the error's class and its ancestors, nearest first. */
  readonly classes: readonly string[];
  /** The error's own fields, such as `file` or `code`, as far as they are plain data. */
  readonly fields: Readonly<Record<string, FieldValue | readonly FieldValue[]>>;
  readonly cause?: ErrorRecord;
}

type FieldValue = string | number | boolean | null;

interface ErrorClass {
  readonly name: string;
  readonly prototype: Error;
}

const known = new Map<string, ErrorClass>(
  [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map((one) => [
    one.name,
    one,
  ]),
);

/** Declares that `reviveError` may make errors of this class. */
export function revivable(errorClass: ErrorClass): void {
  known.set(errorClass.name, errorClass);
}

/** Causes of causes beyond this depth are left out. */
const MOST_CAUSES = 8;

export function recordOfError(thrown: unknown, causes = MOST_CAUSES): ErrorRecord {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const { name, message, stack = '', cause } = error;
  const fields = Object.entries(error).filter(([field, value]) => !WRITTEN.has(field) && isPlain(value));
  return {
    ...{ name, message, stack },
    classes: classesOf(error),
    fields: Object.fromEntries(fields),
    ...(cause instanceof Error && causes > 0 && { cause: recordOfError(cause, causes - 1) }),
  };
}

/** @param record of `recordOfError`; from an earlier version, it has a name, a message and a stack alone */
export function reviveError(
  record: Pick<ErrorRecord, 'name' | 'message' | 'stack'> & Partial<ErrorRecord>,
): Error {
  const { name, message, stack, classes = [name], fields = {}, cause } = record;
  const error = new Error(message, cause && { cause: reviveError(cause) });
  const nearest = classes.map((one) => known.get(one)).find((one) => one !== undefined);
  // A constructor would make its own message of other arguments.
  if (nearest !== undefined) Object.setPrototypeOf(error, nearest.prototype);
  Object.assign(error, fields);
  Object.defineProperty(error, 'name', {
    value: name,
    enumerable: false,
    configurable: true,
    writable: true,
  });
  error.stack = stack;
  return error;
}

/** Entries that a record has a place of their own for. */
const WRITTEN: ReadonlySet<string> = new Set(['name', 'message', 'stack', 'cause']);

function isPlain(value: unknown): value is FieldValue | FieldValue[] {
  if (Array.isArray(value)) return value.every((entry) => !Array.isArray(entry) && isPlain(entry));
  if (typeof value === 'number') return Number.isFinite(value);
  return value === null || typeof value === 'string' || typeof value === 'boolean';
}

function classesOf(error: Error): string[] {
  const classes: string[] = [];
  for (let at: object | null = Object.getPrototypeOf(error); at !== null; at = Object.getPrototypeOf(at)) {
    if (at !== Object.prototype) classes.push(at.constructor.name);
  }
  return classes;
}
