/** `clce cluster …` shows and cancels submissions to Slurm. `clce run-cell` is the command of an element of the job array. */
import { addPlannedFiles } from '@clce/experiments';
import { NUMERICS_VERSION, parseCellResult } from '@clce/results';
import {
  cancelSubmission,
  type Element,
  elementOf,
  machineLimits,
  openLedger,
  queued,
  STOPPED,
  type Submission,
  submissions,
  surveyCells,
} from '@clce/runner';
import type { SuiteCell } from '../run/plan.ts';
import { InterruptedError, RunError } from '../run/run-error.ts';
import { type RunOptions, runPlan } from '../run/run-plan.ts';
import { requireLedger } from '../stored/existing-ledger.ts';

interface LedgerOptions {
  readonly ledger: string;
}

export async function status({ ledger }: LedgerOptions): Promise<void> {
  requireLedger(ledger);
  for (const submission of await submissions(ledger)) console.log(await statusLine(submission, ledger));
}

export async function cancel(ids: readonly string[], { ledger }: LedgerOptions): Promise<void> {
  const chosen = await Promise.all(ids.map((id) => findSubmission(ledger, id)));
  for (const submission of chosen) {
    await cancelSubmission(submission);
    console.log(`cancelled ${submission.id}, job ${submission.job}`);
  }
}

export async function collect(id: string, { ledger }: LedgerOptions): Promise<void> {
  const submission = await findSubmission(ledger, id);
  for (const [{ key, label }, state] of await cellStates(submission, ledger)) {
    console.log(`${key.slice(0, 12)}  ${state.padEnd(7)}  ${label}`);
  }
}

/** Options in the plan that `runOnSlurm` wrote. */
export async function runCell(plan: string, index: number): Promise<void> {
  const { ledger, cell, settings } = (await elementOf(plan, index)) as SuiteElement;
  // This process judges results and its worker computes them, so both need the user's losses.
  await addPlannedFiles(settings.ownFiles);
  try {
    await runPlan([cell], {
      ledger,
      workers: 1,
      json: false,
      settings: {
        ...settings,
        threads: Number(process.env['SLURM_CPUS_PER_TASK'] ?? machineLimits().cores),
      },
    });
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error;
    console.error(error.message);
    process.exitCode = STOPPED;
  }
}

interface SuiteElement extends Element {
  readonly cell: SuiteCell;
  readonly settings: RunOptions['settings'];
}

type State = 'pending' | 'running' | 'done' | 'failed' | 'lost';

async function cellStates(submission: Submission, directory: string) {
  const ledger = openLedger({ directory, parseResult: parseCellResult });
  const inQueue = await queued([submission]);
  const keys = submission.cells.map(({ key }) => key);
  const surveys = await surveyCells(keys, { ledger, numericsVersion: NUMERICS_VERSION });
  return submission.cells.map((cell, at) => {
    const kept = surveys[at]!.cell.state;
    const state: State =
      kept === 'done' ? kept : (inQueue.get(cell.key)?.state ?? (kept === 'failed' ? kept : 'lost'));
    return [cell, state] as const;
  });
}

async function statusLine(submission: Submission, directory: string): Promise<string> {
  const states = (await cellStates(submission, directory)).map(([, state]) => state);
  const counts = (['pending', 'running', 'done', 'failed', 'lost'] as const).map(
    (wanted) => `${states.filter((state) => state === wanted).length} ${wanted}`,
  );
  return `${submission.id}  job ${submission.job}: ${counts.join(', ')}`;
}

async function findSubmission(ledger: string, id: string): Promise<Submission> {
  requireLedger(ledger);
  const all = await submissions(ledger);
  const found = all.find((submission) => submission.id === id);
  if (found !== undefined) return found;
  const known = all.map((submission) => submission.id).join(', ') || 'none';
  throw new RunError(`${ledger} has no submission ${id}. Known: ${known}`);
}
