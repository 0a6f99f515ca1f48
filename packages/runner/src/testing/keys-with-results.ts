import type { Ledger } from '../ledger.ts';

/** For tests: keys of all cells that have a valid result, in order. */
export async function keysWithResults(ledger: Ledger<unknown>): Promise<string[]> {
  const keys: string[] = [];
  for await (const [key] of ledger.results(() => null)) keys.push(key);
  return keys;
}
