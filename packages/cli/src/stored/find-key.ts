import { cellsIn } from '@clce/runner';
import { RunError } from '../run/run-error.ts';
import { requireLedger } from './existing-ledger.ts';

/** The key that begins with these digits. @throws RunError if there is none or more than one */
export async function findKey(directory: string, wanted: string): Promise<string> {
  if (wanted === '') throw new RunError('the key is empty; expected the first digits of a cell’s key');
  requireLedger(directory);
  const found = (await cellsIn(directory)).filter((key) => key.startsWith(wanted));
  if (found.length === 1) return found[0]!;
  throw new RunError(
    found.length === 0
      ? `${directory} has no cell ${wanted}; each folder of ${directory} is named by its key, and "./clce bench … --dry-run" lists the keys of a preset`
      : `${found.length} cells of ${directory} begin with ${wanted}; give more of the key`,
  );
}
