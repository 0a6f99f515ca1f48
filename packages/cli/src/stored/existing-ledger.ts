import { statSync } from 'node:fs';
import { RunError } from '../run/run-error.ts';

/** @throws RunError where there is no folder of this name */
export function requireLedger(directory: string): void {
  const found = statSync(directory, { throwIfNoEntry: false });
  if (found === undefined) {
    throw new RunError(`there is no ledger ${directory}; a run makes one, --ledger names another folder`);
  }
  if (!found.isDirectory()) throw new RunError(`${directory} is no ledger: it is no folder`);
}
