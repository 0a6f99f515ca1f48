/**
 * Where a result came from: code, machine, time. Kept beside the result, not in it, and no part of the cell's key: the
 * same cell computed twice has the same result.json, byte for byte, and two different provenance.json.
 *
 * The host's name is left out on purpose: results are published.
 */
import { arch, availableParallelism, cpus, platform } from 'node:os';
import { execa } from 'execa';
import { instructionSets } from './instruction-sets.ts';

/** What stays the same for all cells of one run. */
export interface Environment {
  /** Git commit of the code; null outside a checkout, or without git. */
  readonly commit: string | null;
  /** Whether tracked files differed from that commit, those apart that runs write; null when there is none. */
  readonly dirty: boolean | null;
  readonly node: string;
  /** Such as linux-x64. */
  readonly platform: string;
  readonly cpu: string;
  /** Its instruction sets that kernels are chosen by, such as avx2; null where the system does not say. */
  readonly instructionSets: readonly string[] | null;
  /** Logical processors that this process may use. */
  readonly cores: number;
  /** Versions of the packages that the caller thinks matter. */
  readonly packages: Readonly<Record<string, string>>;
}

/** What the process that computes a cell says of itself. */
export interface ProcessAccount {
  /** The most memory that it has held since it started, in megabytes. */
  readonly peakMemoryMB?: number;
  /** Hash of the source files that it has loaded, and of what the cell's graphs became of them. */
  readonly sources?: string;
  readonly graph?: string;
}

export interface Provenance extends Environment, ProcessAccount {
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly endedAt: string;
  readonly durationMs: number;
}

export interface DescribeEnvironmentOptions {
  /** A directory of the checkout whose commit counts; the current one by default. */
  readonly directory?: string;
  /** Folders of the checkout that runs write: changes there are none of the code. */
  readonly outputs?: readonly string[];
  readonly packages?: Readonly<Record<string, string>>;
}

export async function describeEnvironment({
  directory = process.cwd(),
  outputs = [],
  packages = {},
}: DescribeEnvironmentOptions = {}): Promise<Environment> {
  const commit = await git(directory, 'rev-parse', 'HEAD');
  const paths = [':/', ...outputs.map((folder) => `:(top,exclude)${folder}`)];
  const changes = await git(directory, 'status', '--porcelain', '--untracked-files=no', '--', ...paths);
  return {
    commit,
    dirty: changes === null ? null : changes !== '',
    node: process.version,
    platform: `${platform()}-${arch()}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    instructionSets: await instructionSets(),
    cores: availableParallelism(),
    packages,
  };
}

/** What git prints, or null when it fails (no checkout, no commit yet) or is not installed. */
async function git(directory: string, ...words: string[]): Promise<string | null> {
  const { failed, stdout } = await execa('git', words, { cwd: directory, reject: false, stdin: 'ignore' });
  return failed ? null : stdout.trim();
}
