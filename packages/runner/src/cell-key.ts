import { createHash } from 'node:crypto';
import { canonicalJson } from '@clce/files';

/**
 * The name of a cell: SHA-256 over the canonical JSON of its specification, 64 hexadecimal digits. Two specifications
 * share a key exactly when every entry is the same, in whatever order it was written.
 * @throws TypeError when the specification holds what JSON cannot
 */
export function cellKey(spec: unknown): string {
  return createHash('sha256').update(canonicalJson(spec)).digest('hex');
}
