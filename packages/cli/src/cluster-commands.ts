/** `clce cluster …`: what was given to Slurm; and `clce run-cell`, which an element of its job array runs. */
import { availableParallelism } from 'node:os';
import { addPlannedFiles, type CellSpec, factsOf, type PlannedFile } from '@clce/experiments';
import { parseCellResult } from '@clce/results';
import {
  cancelSubmission,
  cellOfPlan,
  openLedger,
  queued,
  type SlurmOptions,
  STOPPED,
  type Submission,
  submissions,
} from '@clce/runner';
import { type Command, Option } from 'commander';
import { ledgerOption, repeated, wholeNumber } from './options.ts';
import { InterruptedError, RunError } from './run-error.ts';
import { runPlan } from './run-plan.ts';

export function addClusterCommands(program: Command): void {
  const cluster = program
    .command('cluster')
    .description('what was given to Slurm with bench --executor slurm');
  cluster
    .command('status')
    .description('every submission: cells pending, running, done, failed, lost')
    .addOption(ledgerOption())
    .action(async (options: { readonly ledger: string }) => {
      for (const submission of await submissions(options.ledger))
        console.log(await statusLine(submission, options.ledger));
    });
  cluster
    .command('cancel')
    .description('take submissions out of the queue; what is done stays done')
    .argument('<ids...>', 'as status lists them')
    .addOption(ledgerOption())
    .action(async (ids: string[], options: { readonly ledger: string }) => {
      const chosen = await Promise.all(ids.map((id) => findSubmission(options.ledger, id)));
      for (const submission of chosen) {
        await cancelSubmission(submission);
        console.log(`cancelled ${submission.id}, job ${submission.job}`);
      }
    });
  cluster
    .command('collect')
    .description('how each cell of a submission ended; for the table, run the same bench command again')
    .argument('<id>', 'as status lists it')
    .addOption(ledgerOption())
    .action(async (id: string, options: { readonly ledger: string }) => {
      const submission = await findSubmission(options.ledger, id);
      for (const [{ key, label }, state] of await cellStates(submission, options.ledger)) {
        console.log(`${key.slice(0, 12)}  ${state.padEnd(7)}  ${label}`);
      }
    });
  program
    .command('run-cell', { hidden: true })
    .argument('<plan>')
    .argument('<index>', '', wholeNumber)
    .addOption(ledgerOption())
    .requiredOption('--data <folder>')
    .requiredOption('--weights <json>')
    .requiredOption('--own-files <json>')
    .requiredOption('--data-workers <n>', '', wholeNumber)
    .option('--save-weights')
    .requiredOption('--snapshot-ms <n>', '', wholeNumber)
    .action(runCell);
}

/** As commander names them. */
export interface SlurmFlags {
  readonly 'slurm.partition'?: string;
  readonly 'slurm.account'?: string;
  readonly 'slurm.gres'?: string;
  readonly 'slurm.time'?: string;
  readonly 'slurm.mem'?: string;
  readonly 'slurm.cpusPerTask'?: string;
  readonly 'slurm.line'?: readonly string[];
  readonly 'slurm.setup'?: readonly string[];
}

const RESOURCES = [
  ['partition', 'name'],
  ['account', 'name'],
  ['gres', 'list, such as gpu:1'],
  ['time', 'limit, such as 4:00:00'],
  ['mem', 'size, such as 32G'],
  ['cpus-per-task', 'n'],
] as const;

/** The flags of `bench` that say what an element asks the cluster for. */
export function addSlurmOptions(command: Command): void {
  for (const [name, value] of RESOURCES) command.option(`--slurm.${name} <${value}>`, `sbatch --${name}`);
  command
    .addOption(
      new Option('--slurm.line <text>', 'any other #SBATCH directive; repeatable').argParser(repeated),
    )
    .addOption(
      new Option('--slurm.setup <text>', 'a line of shell before each cell; repeatable').argParser(repeated),
    );
}

export function slurmOptions(flags: SlurmFlags): SlurmOptions {
  const asked: Readonly<Record<string, unknown>> = { ...flags };
  const directives = RESOURCES.flatMap(([name]) => {
    const value = asked[`slurm.${name === 'cpus-per-task' ? 'cpusPerTask' : name}`];
    return value === undefined ? [] : [`--${name}=${String(value)}`];
  });
  return { directives: [...directives, ...(flags['slurm.line'] ?? [])], setup: flags['slurm.setup'] ?? [] };
}

async function runCell(
  plan: string,
  index: number,
  options: {
    readonly ledger: string;
    readonly data: string;
    readonly weights: string;
    readonly ownFiles: string;
    readonly snapshotMs: number;
    readonly dataWorkers: number;
    readonly saveWeights?: boolean;
  },
): Promise<void> {
  const { ledger, data, weights, snapshotMs, dataWorkers, saveWeights = false } = options;
  const ownFiles = JSON.parse(options.ownFiles) as PlannedFile[];
  // This process judges results, and its worker computes them: both have to know the user's losses.
  await addPlannedFiles(ownFiles);
  const { key, label, spec } = await cellOfPlan<CellSpec>(plan, index);
  try {
    await runPlan([{ key, label, spec, method: '', facts: factsOf({ spec, method: '' }) }], {
      ledger,
      data,
      workers: 1,
      threads: Number(process.env['SLURM_CPUS_PER_TASK'] ?? availableParallelism()),
      weightFiles: JSON.parse(weights) as Record<string, string>,
      ownFiles,
      json: false,
      snapshotMs,
      dataWorkers,
      saveWeights,
    });
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error;
    console.error(error.message);
    process.exitCode = STOPPED;
  }
}

type State = 'pending' | 'running' | 'done' | 'failed' | 'lost';

async function cellStates(submission: Submission<unknown>, directory: string) {
  const ledger = openLedger({ directory, parseResult: parseCellResult });
  const inQueue = await queued(submission);
  return Promise.all(
    submission.cells.map(async (cell) => {
      const kept = await ledger.state(cell.key);
      const state: State =
        kept === 'done' ? kept : (inQueue.get(cell.key) ?? (kept === 'failed' ? kept : 'lost'));
      return [cell, state] as const;
    }),
  );
}

async function statusLine(submission: Submission<unknown>, directory: string): Promise<string> {
  const states = (await cellStates(submission, directory)).map(([, state]) => state);
  const counts = (['pending', 'running', 'done', 'failed', 'lost'] as const).map(
    (wanted) => `${states.filter((state) => state === wanted).length} ${wanted}`,
  );
  return `${submission.id}  job ${submission.job}: ${counts.join(', ')}`;
}

async function findSubmission(ledger: string, id: string): Promise<Submission<unknown>> {
  const all = await submissions(ledger);
  const found = all.find((submission) => submission.id === id);
  if (found !== undefined) return found;
  const known = all.map((submission) => submission.id).join(', ') || 'none';
  throw new RunError(`${ledger} has no submission ${id}. Known: ${known}`);
}
