import type { Ledger, ReadResult } from './ledger.ts';
import type { Cell } from './local-executor.ts';

/** Why a stored result is no longer what its cell would give; null where it still is. */
export type WhyOutdated<Spec> = (cell: Cell<Spec>) => Promise<string | null>;

export type FoundResult<Result> =
  | ReadResult<Result>
  /** It can be believed, and the cell would give another one now. */
  | { readonly state: 'outdated'; readonly reason: string };

/** The cell's result in the ledger, where it may be taken for what the cell would give. */
export async function findResult<Spec, Result>(
  cell: Cell<Spec>,
  ledger: Ledger<Result>,
  whyOutdated: WhyOutdated<Spec> = async () => null,
): Promise<FoundResult<Result>> {
  const stored = await ledger.read(cell.key);
  if (stored.state !== 'present') return stored;
  const reason = await whyOutdated(cell);
  return reason === null ? stored : { state: 'outdated', reason };
}
