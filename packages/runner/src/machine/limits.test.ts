import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../testing/temporary-directory.ts';
import { machineLimits } from './limits.ts';

function machine(files: Readonly<Record<string, string>>): string {
  const root = temporaryDirectory();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const all = availableParallelism();
const one = Math.min(all, 1);

describe('the cores of a process', () => {
  it.each([
    ['no control groups', {}, all],
    [
      'version 2 without a limit',
      { 'proc/self/cgroup': '0::/a\n', 'sys/fs/cgroup/a/cpu.max': 'max 100000\n' },
      all,
    ],
    ['version 2', { 'proc/self/cgroup': '0::/a/b\n', 'sys/fs/cgroup/a/b/cpu.max': '50000 100000\n' }, one],
    [
      'version 2, in a group above',
      {
        'proc/self/cgroup': '0::/a/b\n',
        'sys/fs/cgroup/a/b/cpu.max': 'max 100000\n',
        'sys/fs/cgroup/a/cpu.max': '100000 100000\n',
      },
      one,
    ],
    [
      'version 2, in a container that sees its own group as the root',
      { 'proc/self/cgroup': '0::/outside\n', 'sys/fs/cgroup/cpu.max': '90000 100000\n' },
      one,
    ],
    [
      'version 1',
      {
        'proc/self/cgroup': '4:memory:/a\n3:cpu,cpuacct:/a\n',
        'sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us': '20000\n',
        'sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us': '100000\n',
      },
      one,
    ],
    [
      'version 1 without a limit',
      {
        'proc/self/cgroup': '3:cpu:/a\n',
        'sys/fs/cgroup/cpu/a/cpu.cfs_quota_us': '-1\n',
        'sys/fs/cgroup/cpu/a/cpu.cfs_period_us': '100000\n',
      },
      all,
    ],
    ['files that hold something else', { 'proc/self/cgroup': 'x\n0::/\n', 'sys/fs/cgroup/cpu.max': '' }, all],
    [
      'more than there are',
      { 'proc/self/cgroup': '0::/\n', 'sys/fs/cgroup/cpu.max': '99900000 100000' },
      all,
    ],
  ])('%s', (_, files, cores) => {
    expect(machineLimits(machine(files)).cores).toBe(cores);
  });
});

it('the limit of open files is the soft limit', () => {
  const limits =
    'Limit   Soft Limit   Hard Limit   Units\nMax open files            1024                 4096                 files\n';
  expect(machineLimits(machine({ 'proc/self/limits': limits })).openFiles).toBe(1024);
  expect(machineLimits(machine({})).openFiles).toBeNull();
});
