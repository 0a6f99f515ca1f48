import { createHash } from 'node:crypto';
import { canonicalJson } from '@clce/files';

/** What a runner computes once. */
export interface Cell<Spec = unknown> {
  /** Unique; see cellKey. */
  readonly key: string;
  /** A name for people. */
  readonly label: string;
  /** A value that canonical JSON can represent. */
  readonly spec: Spec;
}

/**
 * The name of a cell: SHA-256 over the canonical JSON of its specification, 64 hexadecimal digits. Two specifications
 * share a key exactly when all their entries are equal. The order of the entries does not matter.
 * @throws TypeError when the specification holds a value that JSON cannot represent
 */
export function cellKey(spec: unknown): string {
  return createHash('sha256').update(canonicalJson(spec)).digest('hex');
}

/** Whether a value has the form of a cell's key. */
export function isKey(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}
