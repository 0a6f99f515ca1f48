import { type CellResult, parseCellResult } from '@clce/results';
import { openLedger } from '@clce/runner';
import type { SuiteCell } from '../../run/plan.ts';

/** A cell with its whole result; tables keep less of it. */
export interface StoredCell extends SuiteCell {
  readonly result: CellResult;
}

/** @param cells finished cells of the ledger */
export async function storedCells(directory: string, cells: readonly SuiteCell[]): Promise<StoredCell[]> {
  const ledger = openLedger({ directory, parseResult: parseCellResult });
  const found: StoredCell[] = [];
  for (const { key, spec, label, facts } of cells) {
    const stored = await ledger.read(key);
    if (stored.state === 'present') found.push({ key, spec, label, facts, result: stored.record.result });
  }
  return found;
}
