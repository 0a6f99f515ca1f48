/** The flags of `bench` that choose the resources of a cell on a cluster. */
import type { SlurmOptions } from '@clce/runner';
import { type Command, Option } from 'commander';
import { repeated } from './options.ts';

/** Values of the flags, under commander's names. */
export interface SlurmFlags {
  readonly 'slurm.partition'?: string;
  readonly 'slurm.account'?: string;
  readonly 'slurm.gres'?: string;
  readonly 'slurm.time'?: string;
  readonly 'slurm.mem'?: string;
  readonly 'slurm.cpusPerTask'?: string;
  readonly 'slurm.line'?: readonly string[];
  readonly 'slurm.setup'?: readonly string[];
}

const RESOURCES = [
  ['partition', 'name'],
  ['account', 'name'],
  ['gres', 'list, such as gpu:1'],
  ['time', 'limit, such as 4:00:00'],
  ['mem', 'size, such as 32G'],
  ['cpus-per-task', 'n'],
] as const;

export function addSlurmOptions(command: Command): void {
  for (const [name, value] of RESOURCES) command.option(`--slurm.${name} <${value}>`, `sbatch --${name}`);
  command
    .addOption(
      new Option('--slurm.line <text>', 'any other #SBATCH directive; repeatable').argParser(repeated),
    )
    .addOption(
      new Option('--slurm.setup <text>', 'a line of shell before each cell; repeatable').argParser(repeated),
    );
}

export function slurmOptions(flags: SlurmFlags): SlurmOptions {
  const asked: Readonly<Record<string, unknown>> = { ...flags };
  const resources = RESOURCES.flatMap(([name]) => {
    const value = asked[`slurm.${name === 'cpus-per-task' ? 'cpusPerTask' : name}`];
    return value === undefined ? [] : [[name, String(value)] as const];
  });
  return { resources, directives: flags['slurm.line'] ?? [], setup: flags['slurm.setup'] ?? [] };
}
