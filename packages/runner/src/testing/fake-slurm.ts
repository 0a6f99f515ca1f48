/** For tests: commands of Slurm that are shell scripts, first on the PATH of this process until the test ends. */
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { temporaryDirectory } from './temporary-directory.ts';

export interface FakeSlurm {
  /** For files of the scripts; `$here` in them. */
  readonly folder: string;
  /** The words of each call of a command so far. */
  calls(command: string): string[];
}

/** @param scripts by command; `$call` is the number of the call, from 1 */
export function fakeSlurm(scripts: Readonly<Record<string, string>>): FakeSlurm {
  const folder = temporaryDirectory();
  const logOf = (command: string) => join(folder, `${command}.calls`);
  for (const [command, script] of Object.entries(scripts)) {
    const file = join(folder, command);
    const lines = [
      '#!/bin/sh',
      `here='${folder}'`,
      `echo "$*" >> '${logOf(command)}'`,
      `call=$(wc -l < '${logOf(command)}')`,
      script,
    ];
    writeFileSync(file, `${lines.join('\n')}\n`);
    chmodSync(file, 0o755);
  }
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env['PATH']}`);
  onTestFinished(() => void vi.unstubAllEnvs());
  return {
    folder,
    calls: (command) =>
      existsSync(logOf(command)) ? readFileSync(logOf(command), 'utf8').trim().split('\n') : [],
  };
}
