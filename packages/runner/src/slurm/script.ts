/** The batch script of a job array. */
import { UserError } from '@clce/registry';
import { shellWord } from '@clce/text';

/** Resources that an element requests from the cluster. */
export interface SlurmOptions {
  /** Options of sbatch and their values, such as `['partition', 'gpu']`. */
  readonly resources: readonly (readonly [option: string, value: string])[];
  /** Whole lines of the batch script after `#SBATCH `, as their author quoted them. */
  readonly directives: readonly string[];
  /** Lines of shell before the cell, such as `module load cuda`. */
  readonly setup: readonly string[];
}

/** Exit status of a cell that was stopped and can continue: EX_TEMPFAIL of sysexits.h. */
export const STOPPED = 75;

/** Seconds between Slurm's warning and the time limit; enough to save a snapshot. */
const WARNING_S = 120;

export interface ScriptOptions extends SlurmOptions {
  readonly jobName: string;
  /** Absolute paths. */
  readonly logs: string;
  readonly cancelled: string;
  /** Number of elements. */
  readonly count: number;
  /** Words of the command of an element; its index is appended as one more word. */
  readonly command: readonly string[];
}

/** @throws UserError on a value that a batch script cannot hold */
export function batchScript(options: ScriptOptions): string {
  const { jobName, logs, cancelled, count, command, setup } = options;
  const lines = [
    '#!/bin/bash',
    directive('job-name', jobName),
    directive('array', `0-${count - 1}`),
    '#SBATCH --requeue',
    directive('open-mode', 'append'),
    directive('output', `${pathPattern(logs)}/%a.log`),
    directive('signal', `B:TERM@${WARNING_S}`),
    ...directivesOf(options),
    ...setup.map(singleLine),
    `trap 'kill -TERM "$cell"' TERM`,
    `${command.map(shellWord).join(' ')} "$SLURM_ARRAY_TASK_ID" &`,
    'cell=$!',
    // A signal ends `wait` while the cell may still be saving its snapshot.
    'wait "$cell"; code=$?',
    'while kill -0 "$cell" 2> /dev/null; do wait "$cell"; code=$?; done',
    `if [ "$code" -eq ${STOPPED} ] && [ ! -e ${shellWord(cancelled)} ]; then`,
    // The controller may be busy. Once it has accepted, it ends this script.
    '  for try in 1 2 3 4 5; do',
    '    scontrol requeue "$SLURM_ARRAY_JOB_ID"_"$SLURM_ARRAY_TASK_ID" && break',
    '    sleep 5',
    '  done',
    'fi',
    'exit "$code"',
  ];
  return `${lines.join('\n')}\n`;
}

/** The lines of a batch script that the user asks for. @throws UserError on a value that a batch script cannot hold */
export function directivesOf({
  resources,
  directives,
}: Pick<SlurmOptions, 'resources' | 'directives'>): string[] {
  return [
    ...resources.map(([option, value]) => directive(option, value)),
    ...directives.map((line) => `#SBATCH ${singleLine(line)}`),
  ];
}

/**
 * A line of a batch script that sets an option of sbatch. sbatch splits the line at spaces, takes quotes off, treats `#` outside of
 * quotes as the start of a comment, and treats a backslash as an escape inside of quotes, too.
 */
export function directive(option: string, value: string): string {
  const plain = /^[\w@%+=:,./-]+$/.test(value);
  const quoted = plain ? value : `"${singleLine(value).replace(/["\\]/g, String.raw`\$&`)}"`;
  return `#SBATCH --${option}=${quoted}`;
}

/**
 * A path in a file name pattern of Slurm (`--output`, `--error`), where `%a` and the like are replaced.
 *
 * @throws UserError on a backslash: it turns all replacements off
 */
export function pathPattern(path: string): string {
  if (path.includes('\\')) {
    throw new UserError(
      `the ledger's path ${JSON.stringify(path)} has a backslash, which Slurm's file name patterns cannot hold; choose another --ledger`,
    );
  }
  return path.replaceAll('%', '%%');
}

/** @throws UserError */
function singleLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused.
  if (!/[\u0000-\u0008\u000a-\u001f]/.test(text)) return text;
  throw new UserError(
    `${JSON.stringify(text)} has a line break or a control character, which a batch script cannot hold`,
  );
}
