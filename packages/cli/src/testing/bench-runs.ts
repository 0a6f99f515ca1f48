/** For tests: `clce bench fewshot`, cut down to runs of two steps. */
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

/** The program of the `clce` command. */
export const start = fileURLToPath(new URL('../../start.mjs', import.meta.url));

export const fewshot = fileURLToPath(new URL('../../../../benchmarks/suites/fewshot.ts', import.meta.url));

/** Flags for two cells of two steps. */
export const small = [
  ...['--seeds', '0', '--losses', 'ce,clce'],
  ...['--set', 'recipe.budget.steps=2', '--set', 'recipe.warmup=0', '--set', 'protocol.episodes=5'],
  ...['--set', 'imageSize=16'],
];

/** Flags for four trials and two folds of a tuned preset, in cells of two steps. */
export const smallTuned = [
  ...['--preset', 'tuned-smoke', '--losses', 'ce,clce', '--set', 'split.folds=2'],
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
  const { exitCode, stdout, stderr } = await execa(process.execPath, [start, ...words], {
    reject: false,
  });
  return { exitCode, stdout, stderr };
}
