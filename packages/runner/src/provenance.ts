/**
 * Provenance of a result: code, machine and time. It lies beside the result and is no part of the result or the cell's key.
 * A cell that is computed twice has the same result.json, byte for byte, and two different provenance.json.
 *
 * Provenance omits the host's name, because results are published.
 */
import { arch, cpus, platform } from 'node:os';
import { execa } from 'execa';
import { instructionSets } from './instruction-sets.ts';
import { machineLimits } from './machine/limits.ts';

/** The part of the provenance that all cells of a run share. */
export interface Environment {
  /** Git commit of the code; null outside a checkout, or without git. */
  readonly commit: string | null;
  /** Whether tracked files differed from that commit, apart from files that runs write; null without a commit. */
  readonly dirty: boolean | null;
  readonly node: string;
  /** Such as linux-x64. */
  readonly platform: string;
  readonly cpu: string;
  /** Instruction sets by which libraries choose kernels, such as avx2; null where the system does not list them. */
  readonly instructionSets: readonly string[] | null;
  /** Logical processors that this process may use. */
  readonly cores: number;
  /** Versions of packages that the caller considers relevant. */
  readonly packages: Readonly<Record<string, string>>;
}

/** The report of the process that computes a cell. */
export interface ProcessAccount {
  /** Peak resident memory since the process started, in megabytes. */
  readonly peakMemoryMB?: number;
  /** Hashes of the loaded source files and of the cell's graphs. */
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
  /** A directory in the checkout; the current directory by default. */
  readonly directory?: string;
  /** Folders of the checkout that runs write. Changes there do not make the checkout dirty. */
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
    cores: machineLimits().cores,
    packages,
  };
}

/** Git's output; null when git fails (no checkout, no commit yet) or is not installed. */
async function git(directory: string, ...words: string[]): Promise<string | null> {
  const { failed, stdout } = await execa('git', words, { cwd: directory, reject: false, stdin: 'ignore' });
  return failed ? null : stdout.trim();
}
