/** For tests: `clce bench fewshot`, cut down to runs of two steps, as a program of its own or in this process. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { vi } from 'vitest';
import { addBenchCommand } from '../commands/bench.ts';
import { printedBy } from './printed-by.ts';

export const tsx = createRequire(import.meta.url).resolve('tsx');
export const main = fileURLToPath(new URL('../main.ts', import.meta.url));

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
  const { exitCode, stdout, stderr } = await execa(process.execPath, ['--import', tsx, main, ...words], {
    reject: false,
  });
  return { exitCode, stdout, stderr };
}

/**
 * In this process, which saves the seconds that a program takes to load. Cells run in workers of their own.
 *
 * @throws what `main.ts` turns into one line
 */
export async function benchHere(...flags: readonly string[]): Promise<Ended> {
  const told: string[] = [];
  const error = vi.spyOn(console, 'error').mockImplementation((text: string) => void told.push(`${text}\n`));
  const write = vi.spyOn(process.stderr, 'write').mockImplementation((data) => {
    told.push(String(data));
    return true;
  });
  try {
    const stdout = await printedBy(addBenchCommand, 'bench', fewshot, ...flags);
    return { exitCode: Number(process.exitCode ?? 0), stdout, stderr: told.join('') };
  } finally {
    process.exitCode = undefined;
    error.mockRestore();
    write.mockRestore();
  }
}
