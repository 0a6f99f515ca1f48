import type { Cell } from './cell.ts';
import type { Ledger, ReadResult } from './ledger.ts';

/** Why the cell would now give another result than the stored one; null where the stored result still holds. */
export type WhyOutdated<C extends Cell> = (cell: C) => Promise<string | null>;

export type FoundResult<Result> =
  | ReadResult<Result>
  /** The stored result is valid, but the cell would now give another one. */
  | { readonly state: 'outdated'; readonly reason: string };

/** Reads the cell's result from the ledger and checks that the cell would still give it. */
export async function findResult<C extends Cell, Result>(
  cell: C,
  ledger: Ledger<Result>,
  whyOutdated: WhyOutdated<C> = async () => null,
): Promise<FoundResult<Result>> {
  const stored = await ledger.read(cell.key);
  if (stored.state !== 'present') return stored;
  const reason = await whyOutdated(cell);
  return reason === null ? stored : { state: 'outdated', reason };
}
