import type { Leases } from './leases.ts';
import type { Owner } from './owner.ts';

/** Calls `work` while this process owns the cell. @returns the owner of a cell that is held; undefined once `work` is done */
export async function withLease(
  leases: Leases,
  key: string,
  work: () => Promise<void>,
): Promise<{ readonly heldBy: Owner | null } | undefined> {
  const attempt = await leases.acquire(key);
  if (attempt.state === 'held') return { heldBy: attempt.owner };
  try {
    await work();
  } finally {
    await attempt.lease.release();
  }
  return undefined;
}
