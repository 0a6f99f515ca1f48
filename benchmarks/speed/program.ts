import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

/** Runs `NAME-program.ts` in a separate process and parses its last line of output as JSON. */
export async function runProgram<T>(
  name: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<T> {
  const program = fileURLToPath(new URL(`${name}-program.ts`, import.meta.url));
  const { stdout } = await execa('node', ['--import', 'tsx', program, ...args], { env });
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as T;
}
