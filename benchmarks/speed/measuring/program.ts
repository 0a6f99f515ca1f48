import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

/** Runs a program in a separate process and parses its last line of output as JSON. */
export async function runProgram<T>(
  program: URL,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<T> {
  const { stdout } = await execa('node', ['--import', 'tsx', fileURLToPath(program), ...args], { env });
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as T;
}
