/**
 * Compares two workers with one thread each with one worker with two threads. Both run the same eight training cells in turn,
 * and the time includes the start of the processes. The faster choice is the default of `clce bench --workers`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { interleave, show } from './measuring/interleave.ts';

export async function benchPool({ rounds }: { readonly rounds: number }): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'clce-pool-'));
  try {
    const { ours, peer, ratio } = await interleave(
      rounds,
      () => run(folder, 2),
      () => run(folder, 1),
    );
    console.log(
      `eight cells of Conv-4       ms\n` +
        `2 workers                   ${show(ours, 0)}\n` +
        `1 worker with all threads   ${show(peer!, 0)}\n` +
        `as many times as fast       ${show(ratio!, 2)}`,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function run(folder: string, workers: number): Promise<{ ms: number }> {
  const [main, suite] = ['packages/cli/src/main.ts', 'benchmarks/suites/fewshot.ts'].map((file) =>
    fileURLToPath(new URL(`../../${file}`, import.meta.url)),
  );
  const ledger = join(folder, 'runs');
  const settings = ['recipe.budget.steps=60', 'protocol.episodes=20'].flatMap((one) => ['--set', one]);
  const cells = ['--losses', 'ce,clce', '--seeds', '0,1,2,3', ...settings];
  const places = ['--data', join(folder, 'data'), '--ledger', ledger, '--out', join(folder, 'table.csv')];
  const start = performance.now();
  await execa('node', [
    '--import',
    'tsx',
    main!,
    'bench',
    suite!,
    ...cells,
    ...places,
    '--workers',
    String(workers),
  ]);
  const ms = performance.now() - start;
  rmSync(ledger, { recursive: true });
  return { ms };
}
