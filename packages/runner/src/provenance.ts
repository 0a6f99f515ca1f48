/**
 * Provenance of a result: code, machine and time. It lies beside the result and is no part of the result or the cell's key.
 * A cell that is computed twice has the same result.json, byte for byte, and two different provenance.json.
 *
 * Provenance omits the host's name, because results are published.
 */
import { arch, cpus, platform } from 'node:os';
import { execa } from 'execa';
import { z } from 'zod';
import { instructionSets } from './instruction-sets.ts';
import { machineLimits } from './machine/limits.ts';

const environment = z.object({
  /** Git commit of the code; null outside a checkout, or without git. */
  commit: z.string().nullable(),
  /** Whether tracked files differed from that commit, apart from files that runs write; null without a commit. */
  dirty: z.boolean().nullable(),
  node: z.string(),
  /** Such as linux-x64. */
  platform: z.string(),
  cpu: z.string(),
  /** Instruction sets by which libraries choose kernels, such as avx2; null where the system does not list them. */
  instructionSets: z.array(z.string()).readonly().nullable(),
  /** Logical processors that this process may use. */
  cores: z.number(),
  /** Versions of packages that the caller considers relevant. */
  packages: z.record(z.string(), z.string()).readonly(),
});

const account = z.object({
  /** Peak resident memory since the process started, in megabytes. */
  peakMemoryMB: z.number().exactOptional(),
  /** Hashes of the loaded source files and of the cell's graphs. */
  sources: z.string().exactOptional(),
  graph: z.string().exactOptional(),
});

const provenance = environment.extend(account.shape).extend({
  /** ISO 8601, UTC. */
  startedAt: z.string(),
  endedAt: z.string(),
  durationMs: z.number(),
});

/** The part of the provenance that all cells of a run share. */
export type Environment = Readonly<z.output<typeof environment>>;
/** The report of the process that computes a cell. */
export type ProcessAccount = Readonly<z.output<typeof account>>;
export type Provenance = Readonly<z.output<typeof provenance>>;

/** The schema of a stored provenance. A later version may add entries. */
export const storedProvenance = provenance.loose();

/** The first entry of a stored provenance that is of another kind, in one line; undefined where there is none. */
export function faultOfProvenance(stored: unknown): string | undefined {
  return faultIn(storedProvenance.partial(), stored);
}

/** What the schema does not accept first, in one line; undefined where it accepts the value. */
export function faultIn(schema: z.ZodType, value: unknown): string | undefined {
  const [issue] = schema.safeParse(value).error?.issues ?? [];
  return issue && [...(issue.path.length > 0 ? [issue.path.join('.')] : []), issue.message].join(': ');
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
