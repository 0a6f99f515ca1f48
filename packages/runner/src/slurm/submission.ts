/**
 * Submits cells to Slurm as one job array with one element for each cell. The ledger holds all state of a submission, so
 * the submitting process may end and another process may continue:
 *
 *     runs/.slurm/<id>/plan.json     the settings of the workers, and the cells in the order of the elements
 *     runs/.slurm/<id>/script.sh     the batch script
 *     runs/.slurm/<id>/job.json      the job's number; written once Slurm has accepted it
 *     runs/.slurm/<id>/logs/         the output of each element
 *     runs/.slurm/<id>/cancelled     exists once the submission is cancelled
 *
 * An element runs its cell like a local run: it claims the cell, continues from a snapshot and stores the result in the
 * ledger. An element that the time limit stops requeues itself. Slurm requeues elements after node failure and preemption.
 */

import { randomUUID } from 'node:crypto';
import * as nodeFiles from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ifAbsent, writeFile } from '@clce/files';
import { UserError } from '@clce/registry';
import type { Cell } from '../local-executor.ts';
import { cancel, type ElementState, elements, SlurmError, submit } from './client.ts';

/** Resources that an element requests from the cluster. */
export interface SlurmOptions {
  /** Lines of the batch script after `#SBATCH `, such as `--partition=gpu`. */
  readonly directives: readonly string[];
  /** Lines of shell before the cell, such as `module load cuda`. */
  readonly setup: readonly string[];
}

/** What plan.json holds. */
interface Plan<C extends Cell> {
  /** What every worker needs besides its cell; see `ProcessRunnerOptions`. */
  readonly settings: unknown;
  /** In the order of the elements. */
  readonly cells: readonly C[];
}

export interface Submission<C extends Cell = Cell> {
  readonly id: string;
  readonly directory: string;
  readonly job: string;
  readonly cells: readonly C[];
}

/** Exit status of a cell that was stopped and can continue: EX_TEMPFAIL of sysexits.h. */
export const STOPPED = 75;

/** Seconds between Slurm's warning and the time limit; enough to save a snapshot. */
const WARNING_S = 120;

/**
 * @param command words of the command that runs one cell; PLAN and INDEX are appended as two more words
 * @throws SlurmError, FileWriteError
 */
export async function submitCells<C extends Cell>(
  ledger: string,
  { cells, settings }: Plan<C>,
  command: readonly string[],
  options: SlurmOptions,
): Promise<Submission<C>> {
  const id = `${new Date().toISOString().slice(0, 19).replaceAll(':', '')}-${randomUUID().slice(0, 8)}`;
  const directory = join(ledger, '.slurm', id);
  const plan = join(directory, 'plan.json');
  const script = join(directory, 'script.sh');
  await nodeFiles.mkdir(join(directory, 'logs'), { recursive: true });
  await writeFile(plan, `${JSON.stringify({ settings, cells } satisfies Plan<C>)}\n`);
  await writeFile(script, scriptOf(directory, cells.length, [...command, plan], options));
  const job = await submit(script);
  await writeFile(join(directory, 'job.json'), `${JSON.stringify({ job })}\n`);
  return { id, directory, job, cells };
}

function scriptOf(
  directory: string,
  count: number,
  command: readonly string[],
  { directives, setup }: SlurmOptions,
): string {
  const broken = [...directives, ...setup].find((line) => line.includes('\n'));
  if (broken !== undefined) throw new UserError(`${JSON.stringify(broken)} is more than one line`);
  const cancelled = quoted(resolve(directory, 'cancelled'));
  const lines = [
    '#!/bin/bash',
    ...[
      '--job-name=clce',
      `--array=0-${count - 1}`,
      '--requeue',
      '--open-mode=append',
      `--output=${resolve(directory, 'logs')}/%a.log`,
      `--signal=B:TERM@${WARNING_S}`,
      ...directives,
    ].map((directive) => `#SBATCH ${directive}`),
    ...setup,
    `trap 'kill -TERM "$cell"' TERM`,
    `${command.map(quoted).join(' ')} "$SLURM_ARRAY_TASK_ID" &`,
    'cell=$!',
    // A signal ends `wait` while the cell may still be saving its snapshot.
    'wait "$cell"; code=$?',
    'while kill -0 "$cell" 2> /dev/null; do wait "$cell"; code=$?; done',
    `if [ "$code" -eq ${STOPPED} ] && [ ! -e ${cancelled} ]; then`,
    '  scontrol requeue "$SLURM_ARRAY_JOB_ID"_"$SLURM_ARRAY_TASK_ID"',
    'fi',
    'exit "$code"',
  ];
  return `${lines.join('\n')}\n`;
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** All submissions of a ledger that Slurm has accepted, oldest first. */
export async function submissions(ledger: string): Promise<Submission[]> {
  const root = join(ledger, '.slurm');
  const ids = await nodeFiles.readdir(root).catch(ifAbsent<string[]>([]));
  const found = ids.sort().map(async (id) => {
    const directory = join(root, id);
    const accepted = await nodeFiles.readFile(join(directory, 'job.json'), 'utf8').catch(ifAbsent(undefined));
    if (accepted === undefined) return [];
    const { job } = JSON.parse(accepted) as { readonly job: string };
    const plan = await nodeFiles.readFile(join(directory, 'plan.json'), 'utf8');
    const { cells } = JSON.parse(plan) as Plan<Cell>;
    return [{ id, directory, job, cells }];
  });
  return (await Promise.all(found)).flat();
}

/** State of each cell that is queued or running, by key. @throws SlurmError */
export async function queued(submission: Submission): Promise<Map<string, ElementState>> {
  const states = await elements(submission.job);
  return new Map([...states].map(([index, state]) => [submission.cells[index]!.key, state]));
}

/** Cancels the submission's job. Finished results stay. @throws SlurmError */
export async function cancelSubmission({ directory, job }: Submission): Promise<void> {
  await writeFile(join(directory, 'cancelled'), '');
  await cancel(job);
}

/** What an element of a job array computes. */
export interface Element {
  readonly ledger: string;
  readonly cell: Cell;
  readonly settings: unknown;
}

/** @throws SlurmError naming the plan */
export async function elementOf(plan: string, index: number): Promise<Element> {
  const { cells, settings } = JSON.parse(await nodeFiles.readFile(plan, 'utf8')) as Plan<Cell>;
  const cell = cells[index];
  if (cell === undefined) throw new SlurmError(`${plan} has ${cells.length} cells, but no index ${index}`);
  return { ledger: resolve(plan, '..', '..', '..'), cell, settings };
}
