/** Slurm's own commands. Each has a time limit, because the commands hang when the authentication daemon is down. */
import { revivable, UserError } from '@clce/registry';
import { execa } from 'execa';

/** A failed Slurm command, with the command's own message. */
export class SlurmError extends UserError {
  static {
    revivable(SlurmError);
  }
  override readonly name = 'SlurmError';
}

/** State of an element of a job array that has not ended. */
export type ElementState = 'pending' | 'running';

const LIMIT_MS = 60_000;

/** @returns the number of the job. @throws SlurmError */
export async function submit(script: string): Promise<string> {
  // "ID" or "ID;CLUSTER"
  const [id] = (await slurm('sbatch', '--parsable', script)).split(';');
  return id!;
}

/** State of each element of a job array that is still queued or running, by its index. @throws SlurmError */
export async function elements(job: string): Promise<Map<number, ElementState>> {
  const states = new Map<number, ElementState>();
  const words = ['--noheader', '--array', '--jobs', job, '--format', '%K %T'];
  const lines = await slurm('squeue', ...words).catch((error: unknown) => {
    // Slurm forgets a job some time after the job has ended.
    if (error instanceof SlurmError && /invalid job id/i.test(error.message)) return '';
    throw error;
  });
  for (const line of lines.split('\n')) {
    const [index, state] = line.trim().split(' ');
    if (index === undefined || state === undefined || ENDED.has(state)) continue;
    states.set(Number(index), state === 'RUNNING' || state === 'COMPLETING' ? 'running' : 'pending');
  }
  return states;
}

/** States in which squeue still lists an element for a moment. */
const ENDED: ReadonlySet<string> = new Set([
  'BOOT_FAIL',
  'CANCELLED',
  'COMPLETED',
  'DEADLINE',
  'FAILED',
  'TIMEOUT',
]);

/** @throws SlurmError */
export async function cancel(job: string): Promise<void> {
  await slurm('scancel', job);
}

async function slurm(command: string, ...words: string[]): Promise<string> {
  const { failed, timedOut, code, stdout, stderr } = await execa(command, words, {
    reject: false,
    stdin: 'ignore',
    timeout: LIMIT_MS,
  });
  if (!failed) return stdout.trim();
  if (code === 'ENOENT')
    throw new SlurmError(`${command} is not installed here: is this a login node of a Slurm cluster?`);
  const reason = timedOut ? `no answer within ${LIMIT_MS / 1000} s; is the cluster up?` : stderr.trim();
  throw new SlurmError(`${command}: ${reason}`);
}
