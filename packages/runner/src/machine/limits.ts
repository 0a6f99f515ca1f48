/** What this process may use of the machine: cores, memory, open files. */
import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { dirname, join } from 'node:path';

export interface MachineLimits {
  /** Cores on which this process can compute at once: its processor affinity, and the limit of its control group. */
  readonly cores: number;
  /** Bytes of memory; null where no control group limits it below the machine's. */
  readonly memory: number | null;
  /** Files that the process may have open; null where the system does not say. */
  readonly openFiles: number | null;
}

/** @param root the folder in which `proc` and `sys` are looked for */
export function machineLimits(root = '/'): MachineLimits {
  const allowed = availableParallelism();
  const quota = cpuQuota(root);
  const memory = process.constrainedMemory() ?? 0;
  return {
    // Part of a core is a thread that waits now and then.
    cores: Math.max(1, Math.min(allowed, quota === null ? allowed : Math.ceil(quota))),
    memory: memory > 0 && memory < totalmem() ? memory : null,
    openFiles: openFilesLimit(root),
  };
}

/** The least number of cores that a control group of this process, or one above it, may use; null without a limit. */
function cpuQuota(root: string): number | null {
  const quotas = controlGroups(root).flatMap(({ controllers, path }) => {
    // Version 2 has one tree without a list of controllers; version 1 has a tree for the controller `cpu`.
    if (controllers === '') return upwards(path).map((at) => quotaOfV2(join(root, 'sys/fs/cgroup', at)));
    if (!controllers.split(',').includes('cpu')) return [];
    return ['cpu', controllers].flatMap((tree) =>
      upwards(path).map((at) => quotaOfV1(join(root, 'sys/fs/cgroup', tree, at))),
    );
  });
  const limits = quotas.filter((quota) => quota !== null && quota > 0) as number[];
  return limits.length === 0 ? null : limits.reduce((least, quota) => Math.min(least, quota));
}

function controlGroups(root: string): { readonly controllers: string; readonly path: string }[] {
  return (textOf(join(root, 'proc/self/cgroup')) ?? '').split('\n').flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    return controllers === undefined || path === undefined ? [] : [{ controllers, path }];
  });
}

/** The folder and all folders above it. A container may see its own group as the root. */
function upwards(path: string): string[] {
  return path === '/' ? ['/'] : [path, ...upwards(dirname(path))];
}

/** `cpu.max` holds the time in each period, or `max`, and the period. */
function quotaOfV2(folder: string): number | null {
  const [quota, period] = (textOf(join(folder, 'cpu.max')) ?? '').trim().split(' ').map(Number);
  return ratio(quota, period);
}

function quotaOfV1(folder: string): number | null {
  const read = (name: string) => Number(textOf(join(folder, name)) ?? Number.NaN);
  return ratio(read('cpu.cfs_quota_us'), read('cpu.cfs_period_us'));
}

/** Null where there is no limit: the quota is -1, `max` or missing. */
function ratio(quota = Number.NaN, period = Number.NaN): number | null {
  return quota > 0 && period > 0 ? quota / period : null;
}

/** The soft limit, which Node raises to the hard limit when it starts. */
function openFilesLimit(root: string): number | null {
  const [, soft] = /^Max open files\s+(\d+)/m.exec(textOf(join(root, 'proc/self/limits')) ?? '') ?? [];
  return soft === undefined ? null : Number(soft);
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
