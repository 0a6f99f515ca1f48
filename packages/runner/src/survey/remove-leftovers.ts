/** Removes what a survey found left over. */
import * as nodeFiles from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { leasesFolder, openLeases, parseLeaseName } from '../leases/leases.ts';
import { withLease } from '../leases/with-lease.ts';
import { removeCellFiles } from './cell-files.ts';
import type { LedgerSurvey, Leftover, SurveyOptions } from './found.ts';
import { surveyCell } from './survey-cell.ts';

/**
 * Removes what is left over. A cell's files are removed under a lease, so no run is using them.
 *
 * @param survey of this ledger
 * @returns the paths that were removed
 * @throws FileWriteError where the ledger cannot be written
 */
export async function removeLeftovers(
  options: SurveyOptions,
  { leftovers }: Pick<LedgerSurvey, 'leftovers'>,
): Promise<string[]> {
  const { directory } = options.ledger;
  const leases = openLeases({ directory, ...options });
  const removed: string[] = [];
  const remove = async ({ key, path }: Leftover): Promise<void> => {
    if (key !== null && path === join(directory, key)) await removeCellFiles(directory, key);
    // A lease goes when this process releases the cell, with all lower leases.
    else if (parseLeaseName(basename(path)) === null) await nodeFiles.rm(path, { force: true });
    removed.push(path);
  };
  const byKey = new Map<string | null, Leftover[]>();
  for (const leftover of leftovers) {
    const of = byKey.get(leftover.key);
    if (of === undefined) byKey.set(leftover.key, [leftover]);
    else of.push(leftover);
  }
  for (const [key, found] of byKey) {
    const removeAll = async (): Promise<void> => {
      // A run may have used the cell between the survey and the lease.
      const still = key === null ? [] : (await surveyCell(key, undefined, options)).leftovers;
      const inCell = new Set(still.map(({ path }) => path));
      for (const leftover of found) {
        if (key === null || inLeases(directory, leftover) || inCell.has(leftover.path))
          await remove(leftover);
      }
    };
    if (key === null) await removeAll();
    else await withLease(leases, key, removeAll);
  }
  return removed;
}

function inLeases(directory: string, { path }: Leftover): boolean {
  return dirname(path) === leasesFolder(directory);
}
