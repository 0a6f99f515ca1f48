/** A table compares results of one kind of processor: others may have other bits. */
import { type Provenance, processorKind } from '@clce/runner';
import { RunError } from './run-error.ts';

interface ComputedCell {
  readonly key: string;
  /** Null where the ledger does not know where the cell was computed. */
  readonly provenance: Pick<Provenance, 'platform' | 'instructionSets'> | null;
}

/** @throws RunError naming the kinds, a cell of the rarest one, and what to do */
export function requireOneProcessor(cells: readonly ComputedCell[]): void {
  const byKind = new Map<string, string[]>();
  for (const { key, provenance } of cells) {
    if (provenance === null) continue;
    const kind = processorKind(provenance);
    byKind.set(kind, [...(byKind.get(kind) ?? []), key]);
  }
  if (byKind.size < 2) return;
  const kinds = [...byKind].sort(([, one], [, other]) => other.length - one.length);
  const counts = kinds.map(([kind, keys]) => `${keys.length} on ${kind}`).join('; ');
  const [, [rare]] = kinds.at(-1) as [string, [string]];
  throw new RunError(
    `cells were computed on different kinds of processor, which may give other bits, so a difference between methods would hold a difference between processors: ${counts}; "./clce rm ${rare.slice(0, 12)}" has such a cell computed again, and --ledger names another folder`,
  );
}
