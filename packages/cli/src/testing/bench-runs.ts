/** For tests: `clce bench fewshot` as a program of its own, cut down to runs of two steps. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

export const tsx = createRequire(import.meta.url).resolve('tsx');
export const main = fileURLToPath(new URL('../main.ts', import.meta.url));

export const fewshot = fileURLToPath(new URL('../../../../benchmarks/suites/fewshot.ts', import.meta.url));

/** Flags for two cells of two steps. */
export const small = [
  ...['--seeds', '0', '--losses', 'ce,clce'],
  ...['--set', 'recipe.budget.steps=2', '--set', 'recipe.warmup=0', '--set', 'protocol.episodes=5'],
];

export interface Ended {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export function benchFewshot(...flags: readonly string[]): Promise<Ended> {
  return clceProgram('bench', fewshot, ...flags);
}

/** `clce` as a program of its own. */
export async function clceProgram(...words: readonly string[]): Promise<Ended> {
  const { exitCode, stdout, stderr } = await execa(process.execPath, ['--import', tsx, main, ...words], {
    reject: false,
  });
  return { exitCode, stdout, stderr };
}
