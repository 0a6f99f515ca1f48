/**
 * Submits cells to Slurm as job arrays with one element for each cell. The ledger holds all state of a submission, so the
 * submitting process may end and another process may continue:
 *
 *     runs/.slurm/<id>/plan.json     the settings of the workers, and the cells in the order of the elements
 *     runs/.slurm/<id>/script.sh     the batch script; its job is named clce-<id>
 *     runs/.slurm/<id>/job.json      the job's number; written once Slurm has accepted it
 *     runs/.slurm/<id>/logs/         the output of each element
 *     runs/.slurm/<id>/cancelled     exists once the submission is cancelled
 *
 * An element runs its cell like a local run: it leases the cell, continues from a snapshot and stores the result in the
 * ledger. An element that the time limit stops requeues itself. Slurm requeues elements after node failure and preemption.
 */

import { randomUUID } from 'node:crypto';
import * as nodeFiles from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ifAbsent, parseJson, writeFile } from '@clce/files';
import { UserError } from '@clce/registry';
import type { Cell } from '../cell.ts';
import { isFolderName } from '../ledger.ts';
import {
  cancel,
  type Job,
  jobsNamed,
  mostElements,
  PATIENT,
  type QueuedElement,
  queuedElements,
  SlurmError,
  submit,
} from './client.ts';
import { clustersOf } from './clusters.ts';
import { batchScript, directivesOf, type SlurmOptions } from './script.ts';

/** What plan.json holds. */
export interface Plan<C extends Cell = Cell> {
  /** What every worker needs besides its cell; see `ProcessRunnerOptions`. */
  readonly settings: unknown;
  /** In the order of the elements. */
  readonly cells: readonly C[];
}

export interface Submission<C extends Cell = Cell> extends Job {
  readonly id: string;
  readonly directory: string;
  readonly cells: readonly C[];
}

/**
 * Submits the cells, in as many arrays as the cluster's limit on the elements of an array asks for.
 *
 * @param command words of the command that runs one cell; PLAN and INDEX are appended as two more words
 * @param onSubmitted is told of each array as Slurm accepts it
 * @throws SlurmError, FileWriteError, UserError where a path does not fit into a batch script
 */
export async function submitCells<C extends Cell>(
  ledger: string,
  { cells, settings }: Plan<C>,
  command: readonly string[],
  options: SlurmOptions,
  onSubmitted: (submission: Submission<C>) => void = () => {},
  patience = PATIENT,
): Promise<Submission<C>[]> {
  if (cells.length === 0) return [];
  const clusters = clustersOf(directivesOf(options).join('\n'));
  const most = await mostElements(clusters, patience);
  const submitted: Submission<C>[] = [];
  for (let first = 0; first < cells.length; first += most) {
    const part = cells.slice(first, first + most);
    const submission = await submitArray(ledger, { cells: part, settings }, command, options, patience);
    submitted.push(submission);
    onSubmitted(submission);
  }
  return submitted;
}

async function submitArray<C extends Cell>(
  ledger: string,
  plan: Plan<C>,
  command: readonly string[],
  options: SlurmOptions,
  patience: typeof PATIENT,
): Promise<Submission<C>> {
  const id = `${new Date().toISOString().slice(0, 19).replaceAll(':', '')}-${randomUUID().slice(0, 8)}`;
  const directory = join(ledger, '.slurm', id);
  const planFile = resolve(directory, 'plan.json');
  const script = join(directory, 'script.sh');
  const text = batchScript({
    ...options,
    jobName: jobName(id),
    logs: resolve(directory, 'logs'),
    cancelled: resolve(directory, 'cancelled'),
    count: plan.cells.length,
    command: [...command, planFile],
  });
  await nodeFiles.mkdir(join(directory, 'logs'), { recursive: true });
  await writeFile(planFile, `${JSON.stringify(plan)}\n`);
  await writeFile(script, text);
  const job = await submit(script, jobName(id), clustersOf(text), patience);
  await writeJob(directory, job);
  return { id, directory, ...job, cells: plan.cells };
}

function jobName(id: string): string {
  return `clce-${id}`;
}

function writeJob(directory: string, job: Job): Promise<void> {
  return writeFile(join(directory, 'job.json'), `${JSON.stringify(job)}\n`);
}

/**
 * All submissions of a ledger that Slurm has accepted, oldest first. A process that ended between Slurm's answer and job.json left a
 * submission without a number; the number is looked up by the job's name.
 *
 * @param warn is told of a submission that cannot be read; it is left as it is
 * @throws SlurmError
 */
export async function submissions(
  ledger: string,
  warn: (message: string) => void = PATIENT.warn,
  patience = PATIENT,
): Promise<Submission[]> {
  const folder = join(ledger, '.slurm');
  const ids = (await nodeFiles.readdir(folder).catch(ifAbsent<string[]>([]))).filter((name) => ID.test(name));
  const readable: NonNullable<Awaited<ReturnType<typeof readSubmission>>>[] = [];
  // One after the other, because there may be more submissions than files that may be open.
  for (const id of ids.sort()) {
    const found = await readSubmission(join(folder, id), id, warn);
    if (found !== undefined) readable.push(found);
  }
  const nameless = readable.filter(({ job }) => job === undefined);
  const lookedUp = await jobsOf(nameless, patience);
  const accepted: Submission[] = [];
  for (const { job, script: _, ...rest } of readable) {
    const late = job ?? lookedUp.get(jobName(rest.id));
    if (late === undefined) continue;
    if (job === undefined) await writeJob(rest.directory, late);
    accepted.push({ ...rest, ...late });
  }
  return accepted;
}

/** The jobs of submissions whose number was not written down, by name: each on the clusters of its script. */
async function jobsOf(
  nameless: readonly { readonly id: string; readonly script: string }[],
  patience: typeof PATIENT,
): Promise<Map<string, Job>> {
  const byClusters = new Map<string, { readonly clusters: string[]; readonly names: string[] }>();
  for (const { id, script } of nameless) {
    const clusters = clustersOf(script);
    const same = byClusters.get(clusters.join()) ?? { clusters, names: [] };
    same.names.push(jobName(id));
    byClusters.set(clusters.join(), same);
  }
  const jobs = new Map<string, Job>();
  for (const { clusters, names } of byClusters.values()) {
    for (const [name, job] of await jobsNamed(names, clusters, patience)) jobs.set(name, job);
  }
  return jobs;
}

/** Date, time and digits. */
const ID = /^\d{4}-\d\d-\d\dT\d{6}-[0-9a-f]{8}$/;

async function readSubmission(directory: string, id: string, warn: (message: string) => void) {
  const read = (name: string) => nodeFiles.readFile(join(directory, name), 'utf8').catch(ifAbsent(undefined));
  const [plan, accepted, script = ''] = [
    await read('plan.json'),
    await read('job.json'),
    await read('script.sh'),
  ];
  // A process ended before it submitted anything.
  if (plan === undefined && accepted === undefined) return undefined;
  try {
    const job = accepted === undefined ? undefined : parseJob(accepted);
    return { id, directory, job, script, cells: parsePlan(plan ?? '').cells };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    warn(`${directory} is no submission that this version can read (${reason}); it is left as it is`);
    return undefined;
  }
}

function parseJob(text: string): Job {
  const { job, cluster } = parseJson(text, 'job.json') as {
    readonly job?: unknown;
    readonly cluster?: unknown;
  };
  if (typeof job !== 'string' || !/^\d+$/.test(job)) throw new Error('job.json has no number of a job');
  return { job, ...(typeof cluster === 'string' && { cluster }) };
}

function parsePlan(text: string, file = 'plan.json'): Plan {
  const plan = parseJson(text, file) as Partial<Plan> | null;
  const cells: unknown = plan?.cells;
  if (!Array.isArray(cells) || !cells.every((cell: Partial<Cell> | null) => isFolderName(cell?.key))) {
    throw new UserError(`${file} has no list of cells`);
  }
  return { settings: plan?.settings, cells };
}

/** Each cell of the submissions that is queued or running, by key. @throws SlurmError */
export async function queued(
  of: readonly Submission[],
  patience = PATIENT,
): Promise<Map<string, QueuedElement>> {
  if (of.length === 0) return new Map();
  const byJob = await queuedElements(of, patience);
  return new Map(
    of.flatMap(({ job, cells }) =>
      [...byJob.get(job)!].flatMap(([index, element]) => {
        const cell = cells[index];
        return cell === undefined ? [] : [[cell.key, element] as const];
      }),
    ),
  );
}

/** Failed looks in a row after which the queue counts as lost: ten minutes of looks every five seconds. */
const MOST_FAILURES = 120;

/** Looks at the queue again and again. A failed look gives undefined, and a warning; only a long row of failures is an error. */
export function queueWatch(
  warn: (message: string) => void,
  mostFailures = MOST_FAILURES,
): (of: readonly Submission[]) => Promise<Map<string, QueuedElement> | undefined> {
  let failures = 0;
  return async (of) => {
    try {
      const found = await queued(of, { ...PATIENT, tries: 1 });
      failures = 0;
      return found;
    } catch (error) {
      if (!(error instanceof SlurmError)) throw error;
      failures++;
      if (failures >= mostFailures) {
        throw new SlurmError(`${error.message} (${failures} looks at the queue failed in a row)`);
      }
      // A long row of failures needs no long row of lines.
      if (Number.isInteger(Math.log2(failures))) warn(`${error.message}; the next look at the queue follows`);
      return undefined;
    }
  };
}

/** Cancels the submission's job. Finished results stay. @throws SlurmError */
export async function cancelSubmission({ directory, job, cluster }: Submission): Promise<void> {
  await writeFile(join(directory, 'cancelled'), '');
  await cancel({ job, ...(cluster !== undefined && { cluster }) });
}

/** What an element of a job array computes. */
export interface Element {
  readonly ledger: string;
  readonly cell: Cell;
  readonly settings: unknown;
}

/** @throws SlurmError naming the plan */
export async function elementOf(plan: string, index: number): Promise<Element> {
  const { cells, settings } = parsePlan(await nodeFiles.readFile(plan, 'utf8'), plan);
  const cell = cells[index];
  if (cell === undefined) throw new SlurmError(`${plan} has ${cells.length} cells, but no index ${index}`);
  return { ledger: resolve(plan, '..', '..', '..'), cell, settings };
}
