/** What cells need of the machine, tried before the first cell. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { CellSpec } from '@clce/experiments';
import { FileWriteError, tryWrite } from '@clce/files';
import { type Cell, type MachineLimits, machineLimits } from '@clce/runner';
import { RunError } from './run-error.ts';

/** Open files that a run may need at once: pipes, libraries and packs of each worker, and some for the run itself. */
const OPEN_FILES = { run: 128, worker: 64 };

export interface MachineNeeds {
  readonly plan: readonly Cell<CellSpec>[];
  readonly ledger: string;
  readonly dataRoot: string;
  readonly workers: number;
}

/**
 * Nothing is needed where every cell has a result, so a ledger that cannot be written still gives its table.
 *
 * @throws RunError naming the place or the limit, and what to do
 */
export async function checkMachine(
  { plan, ledger, dataRoot, workers }: MachineNeeds,
  { openFiles }: MachineLimits = machineLimits(),
): Promise<void> {
  const open = plan.filter(({ key }) => !existsSync(join(ledger, key, 'result.json')));
  if (open.length === 0) return;
  const needed = OPEN_FILES.run + OPEN_FILES.worker * workers;
  if (openFiles !== null && openFiles < needed) {
    throw new RunError(
      `this process may have ${openFiles} files open, and ${workers} workers need ${needed}; "ulimit -n ${needed}" raises the limit`,
    );
  }
  await requireWritable(join(ledger, '.leases', 'lease'), `--ledger names another folder`);
  // Training only reads the data folder. A frozen extractor keeps the features that it has computed.
  if (open.some(({ spec }) => spec.kind === 'frozen')) {
    await requireWritable(join(dataRoot, 'features', 'features'), '--data names another folder');
  }
}

async function requireWritable(file: string, remedy: string): Promise<void> {
  await tryWrite(file).catch((error: unknown) => {
    throw error instanceof FileWriteError ? new RunError(`${error.message}; ${remedy}`) : error;
  });
}

/** One line on the limits that a control group or an affinity sets here; null where there are none. */
export function limitsLine({ cores, memory }: MachineLimits, machineCores: number): string | null {
  const parts = [
    ...(cores < machineCores ? [`${cores} of ${machineCores} cores`] : []),
    ...(memory === null ? [] : [`${(memory / 2 ** 30).toFixed(1)} GiB of memory`]),
  ];
  return parts.length === 0 ? null : `this process may use ${parts.join(' and ')}`;
}
