/** A Slurm cluster of three nodes on this machine, for tests: its daemons, keys and files lie in one folder, and go with it. */
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { execa } from 'execa';

export interface ThrowawayCluster {
  /** Where Slurm's commands find it. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs one of Slurm's commands, and gives what it prints. */
  slurm(command: string, ...words: string[]): Promise<string>;
  stop(): void;
}

const NODES = ['n1', 'n2', 'n3'];

/** Half a second apart, ten minutes: a cluster that is not up by then does not come up. */
const LOOKS = 1200;

/** Why there can be no cluster here; undefined where there can. */
export function noCluster(): string | undefined {
  if (process.getuid?.() !== 0) return 'not root, who starts the daemons';
  const missing = ['slurmctld', 'slurmd', 'munged'].filter((daemon) => !existsSync(`/usr/sbin/${daemon}`));
  return missing.length === 0
    ? undefined
    : `without ${missing.join(', ')} (Debian: slurmctld slurmd slurm-client munge)`;
}

/**
 * @param folder short: Slurm's sockets lie in it
 * @param settings lines of slurm.conf, besides those that a small cluster needs
 */
export async function startCluster(
  folder: string,
  settings: readonly string[] = [],
): Promise<ThrowawayCluster> {
  const port = 20_000 + (process.pid % 20_000);
  mkdirSync(join(folder, 'state'), { recursive: true });
  mkdirSync(join(folder, 'log'));
  writeFileSync(join(folder, 'slurm.conf'), configuration(folder, port, settings));
  writeFileSync(join(folder, 'munge.key'), randomBytes(1024));
  chmodSync(join(folder, 'munge.key'), 0o400);
  chmodSync(folder, 0o755);
  const env = { SLURM_CONF: join(folder, 'slurm.conf') };
  const daemon = (name: string, ...words: string[]) =>
    execa(`/usr/sbin/${name}`, words, { env, stdin: 'ignore' });
  const slurm = async (command: string, ...words: string[]) =>
    (await execa(command, words, { env, stdin: 'ignore' })).stdout;
  const stop = () => {
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.pid'))) {
      try {
        process.kill(Number(readFileSync(join(folder, file), 'utf8')), 'SIGKILL');
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
      }
    }
  };
  try {
    const munge = [
      'socket=munge.sock',
      'key-file=munge.key',
      'pid-file=munged.pid',
      'log-file=log/munged.log',
      'seed-file=munged.seed',
    ];
    await daemon('munged', '--force', ...munge.map((word) => `--${word.replace('=', `=${folder}/`)}`));
    await daemon('slurmctld', '-c');
    for (const node of NODES) await daemon('slurmd', '-N', node);
    for (let tries = 0; ; tries++) {
      const idle = await slurm('sinfo', '--noheader', '--Node', '--format', '%T').catch(() => '');
      if (idle.split('\n').filter((state) => state === 'idle').length === NODES.length) break;
      if (tries === LOOKS) throw new Error(`the cluster in ${folder} does not come up: ${idle}`);
      await pause(500);
    }
  } catch (error) {
    stop();
    throw error;
  }
  return { env, slurm, stop };
}

/** Cells are killed quickly, and requeued soon; time limits are for what hangs, everything else is what a small cluster has. */
function configuration(folder: string, port: number, settings: readonly string[]): string {
  const host = hostname().split('.')[0]!;
  return `${[
    'ClusterName=throwaway',
    `SlurmctldHost=${host}(127.0.0.1)`,
    'SlurmUser=root',
    'SlurmdUser=root',
    'AuthType=auth/munge',
    'CredType=cred/munge',
    `AuthInfo=socket=${folder}/munge.sock,cred_expire=30`,
    `SlurmctldPort=${port}`,
    `SlurmctldPidFile=${folder}/slurmctld.pid`,
    `SlurmctldLogFile=${folder}/log/slurmctld.log`,
    `SlurmdPidFile=${folder}/slurmd-%n.pid`,
    `SlurmdLogFile=${folder}/log/slurmd-%n.log`,
    `SlurmdSpoolDir=${folder}/spool-%n`,
    `StateSaveLocation=${folder}/state`,
    'ProctrackType=proctrack/linuxproc',
    'TaskPlugin=task/none',
    'JobAcctGatherType=jobacct_gather/none',
    'MpiDefault=none',
    'SwitchType=switch/none',
    'SelectType=select/cons_tres',
    'SelectTypeParameters=CR_Core_Memory',
    'ReturnToService=2',
    'SlurmdTimeout=60',
    'KillWait=2',
    'SchedulerParameters=sched_interval=1,sched_min_interval=0,bf_interval=1,defer=no',
    'SlurmdParameters=config_overrides',
    'JobRequeue=1',
    'AccountingStorageType=accounting_storage/none',
    ...NODES.map(
      (node, at) =>
        `NodeName=${node} NodeHostname=${host} NodeAddr=127.0.0.1 Port=${port + 1 + at} CPUs=2 RealMemory=2000 State=UNKNOWN`,
    ),
    'PartitionName=main Nodes=n[1-3] Default=YES MaxTime=60 State=UP',
    ...settings,
  ].join('\n')}\n`;
}
