import type { Ledger } from '@clce/runner';

/** For tests: keys of all cells that have a valid result, in order. */
export async function keysWithResults(ledger: Ledger<unknown>): Promise<string[]> {
  const keys: string[] = [];
  for await (const [key] of ledger.results(() => null)) keys.push(key);
  return keys;
}
