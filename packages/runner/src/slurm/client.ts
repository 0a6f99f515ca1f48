/**
 * Slurm's own commands. None of them is believed once: a busy controller refuses calls for minutes, sites print banners, and an
 * answer may be lost although its request was not. Each call has a time limit, because the commands hang when the
 * authentication daemon is down.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { revivable, UserError } from '@clce/registry';
import { execa } from 'execa';
import { askCluster, CLUSTERS, eachCluster } from './clusters.ts';

/** A failed Slurm command, with the command's own message. */
export class SlurmError extends UserError {
  static {
    revivable(SlurmError);
  }
  override readonly name = 'SlurmError';
  /** Whether the same call may succeed later. */
  readonly temporary: boolean;

  constructor(message: string, temporary = false) {
    super(message);
    this.temporary = temporary;
  }
}

/** A job as Slurm names it. */
export interface Job {
  readonly job: string;
  /** The cluster of the job, where a site has several. */
  readonly cluster?: string;
}

/** An element of a job array that has not ended. */
export interface QueuedElement {
  readonly state: 'pending' | 'running';
  /** Why it is pending, in Slurm's words, such as `Resources`. */
  readonly reason: string;
}

/** How a call is tried again. */
export interface Patience {
  /** Number of times that a call is tried. */
  readonly tries: number;
  /** Time before the second try; it doubles with every further try. */
  readonly pauseMs: number;
  /** Is told of every failure but the last one. */
  readonly warn: (message: string) => void;
}

/** Tries for a minute. */
export const PATIENT: Patience = {
  tries: 5,
  pauseMs: 4000,
  warn: (message) => console.warn(`warning: ${message}`),
};

/** Time limit of one call. */
const LIMIT_MS = 60_000;

/**
 * Submits a batch script. Where the answer is lost or cannot be read, the job is looked up by its name before the script is
 * submitted again; so no script is submitted twice.
 *
 * @param name of the job; no other job has it
 * @param clusters that may get the job; see `clustersOf`
 * @throws SlurmError
 */
export async function submit(
  script: string,
  name: string,
  clusters: readonly string[],
  patience = PATIENT,
): Promise<Job> {
  return trying(patience, async () => {
    try {
      const printed = await slurm('sbatch', '--parsable', `--job-name=${name}`, script);
      const job = jobOf(printed);
      if (job !== undefined) return job;
      throw new SlurmError(`sbatch printed no job id: ${JSON.stringify(printed)}`);
    } catch (error) {
      if (!(error instanceof SlurmError)) throw error;
      // A request whose answer is late may still be on its way.
      if (error.temporary) await pause(patience.pauseMs);
      const accepted = await jobsNamed([name], clusters, patience).catch((unknown: unknown) => {
        const reason = unknown instanceof Error ? unknown.message : String(unknown);
        throw new SlurmError(
          `${error.message}; whether Slurm has accepted job ${name} is not known (${reason}); the same command finds out`,
        );
      });
      const job = accepted.get(name);
      if (job === undefined) throw error;
      return job;
    }
  });
}

/**
 * The job id in what `sbatch --parsable` prints: `ID` or `ID;CLUSTER` on a line of its own, with the site's messages around it.
 *
 * @returns undefined where no line, or more than one, is a job id
 */
export function jobOf(printed: string): Job | undefined {
  const found = printed.split(/\r?\n/).flatMap((line) => {
    const [, job, cluster] = /^([1-9]\d*)(?:;([\w.-]+))?$/.exec(line.trim()) ?? [];
    return job === undefined ? [] : [{ job, ...(cluster !== undefined && { cluster }) }];
  });
  return found.length === 1 ? found[0] : undefined;
}

/** The jobs that Slurm still knows by these names on these clusters. @throws SlurmError */
export async function jobsNamed(
  names: readonly string[],
  clusters: readonly string[],
  patience = PATIENT,
): Promise<Map<string, Job>> {
  const jobs = new Map<string, Job>();
  if (names.length === 0) return jobs;
  for (const asked of eachCluster(clusters)) {
    const words = ['--states=all', ...askCluster(asked), `--name=${names.join(',')}`];
    for (const { cluster, fields } of await trying(patience, () => squeue('%F %j', ...words))) {
      const [job, name] = fields;
      jobs.set(name!, { job: job!, ...(cluster !== undefined && { cluster }) });
    }
  }
  return jobs;
}

/**
 * The elements of job arrays that are queued or running, by the number of the job and the element's index. A job that is not
 * in the answer has ended.
 *
 * @throws SlurmError
 */
export async function queuedElements(
  jobs: readonly Job[],
  patience = PATIENT,
): Promise<Map<string, ReadonlyMap<number, QueuedElement>>> {
  const found = new Map(jobs.map(({ job }) => [job, new Map<number, QueuedElement>()]));
  for (const cluster of new Set(jobs.map((one) => one.cluster))) {
    const own = jobs.filter((one) => one.cluster === cluster).map(({ job }) => job);
    const words = ['--array', ...askCluster(cluster), '--jobs', own.join(',')];
    const lines = await trying(patience, () => squeue('%F %K %T %r', ...words));
    for (const { fields } of lines) {
      const [job, index, state, ...reason] = fields;
      if (ENDED.has(state!)) continue;
      found.get(job!)?.set(Number(index), {
        state: state === 'RUNNING' || state === 'COMPLETING' ? 'running' : 'pending',
        reason: reason.join(' '),
      });
    }
  }
  return found;
}

/** States in which squeue still lists an element for a moment. */
const ENDED: ReadonlySet<string> = new Set([
  'BOOT_FAIL',
  'CANCELLED',
  'COMPLETED',
  'DEADLINE',
  'FAILED',
  'NODE_FAIL',
  'OUT_OF_MEMORY',
  'PREEMPTED',
  'REVOKED',
  'TIMEOUT',
]);

/** @throws SlurmError */
export async function cancel({ job, cluster }: Job, patience = PATIENT): Promise<void> {
  await trying(patience, () => slurm('scancel', ...askCluster(cluster), job));
}

/** Number of elements that a job array may have on each of the clusters. @throws SlurmError where one has no job arrays */
export async function mostElements(clusters: readonly string[], patience = PATIENT): Promise<number> {
  const sizes: number[] = [];
  for (const cluster of eachCluster(clusters)) {
    const words = [...askCluster(cluster), 'show', 'config'];
    const settings = await trying(patience, () => slurm('scontrol', ...words));
    const found = [...settings.matchAll(/^\s*MaxArraySize\s*=\s*(\d+)\s*$/gm)];
    sizes.push(...(found.length === 0 ? [SLURMS_OWN_MOST] : found.map(([, size]) => Number(size))));
  }
  const most = Math.min(...sizes);
  if (most === 0) throw new SlurmError('this cluster allows no job arrays (MaxArraySize = 0)');
  return most;
}

/** MaxArraySize where the cluster's settings do not give it. */
const SLURMS_OWN_MOST = 1001;

/** Begins a line of squeue, so that lines of the site are told from it. */
const MARK = 'clce|';

interface QueueLine {
  /** Where squeue was told to ask clusters by their names. */
  readonly cluster: string | undefined;
  readonly fields: readonly string[];
}

async function squeue(format: string, ...words: string[]): Promise<QueueLine[]> {
  const printed = await slurm('squeue', '--noheader', `--format=${MARK}${format}`, ...words).catch(
    (error: unknown) => {
      // Slurm forgets a job some time after the job has ended.
      if (error instanceof SlurmError && /invalid job id/i.test(error.message)) return '';
      throw error;
    },
  );
  let cluster = words.find((word) => word.startsWith(CLUSTERS))?.slice(CLUSTERS.length);
  const lines: QueueLine[] = [];
  for (const line of printed.split('\n').map((one) => one.trim())) {
    // The answer of a cluster follows its name: `--clusters=all` asks several.
    if (cluster !== undefined) cluster = /^CLUSTER: ([\w.-]+)$/.exec(line)?.[1] ?? cluster;
    if (!line.startsWith(MARK)) continue;
    lines.push({ cluster, fields: line.slice(MARK.length).trim().split(/\s+/) });
  }
  return lines;
}

/** Calls again after a temporary failure. @throws SlurmError of the last try */
async function trying<Result>(
  { tries, pauseMs, warn }: Patience,
  call: () => Promise<Result>,
): Promise<Result> {
  for (let tried = 1, wait = pauseMs; ; tried++, wait *= 2) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof SlurmError && error.temporary) || tried >= tries) throw error;
      warn(`${error.message}; tried again in ${wait / 1000} s`);
      await pause(wait);
    }
  }
}

/** What Slurm says when the same call may succeed later. */
const TEMPORARY =
  /timed? ?out|unable to contact|connection (refused|reset|failure)|zero bytes were transmitted|temporarily|communication|transport endpoint|try again|authentication|munge|backup mode|not responding|no route to host/i;

async function slurm(command: string, ...words: string[]): Promise<string> {
  const { failed, timedOut, code, exitCode, signal, stdout, stderr } = await execa(command, words, {
    reject: false,
    stdin: 'ignore',
    timeout: LIMIT_MS,
    // SQUEUE_STATES, SQUEUE_PARTITION and the like would hide jobs.
    env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('SQUEUE_'))),
    extendEnv: false,
  });
  if (!failed) return stdout.trim();
  if (code === 'ENOENT')
    throw new SlurmError(`${command} is not installed here: is this a login node of a Slurm cluster?`);
  if (timedOut)
    throw new SlurmError(`${command}: no answer within ${LIMIT_MS / 1000} s; is the cluster up?`, true);
  const ended = signal === undefined ? `it exited with code ${exitCode}` : `it was killed by ${signal}`;
  const reason = stderr.trim() || ended;
  throw new SlurmError(`${command}: ${reason}`, TEMPORARY.test(reason));
}
