/**
 * SIGKILL at random moments of a suite, of the command and of a worker in turn: the table of the run that gets through is
 * that of an undisturbed one. The moments come from a seed, which the test's name shows; CLCE_KILL_SEED sets another.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { counterRandom, RandomOperation } from '@clce/datasets';
import { execa } from 'execa';
import { afterAll, expect, it } from 'vitest';

const KILLS = 20;
const SEED = Number(process.env['CLCE_KILL_SEED'] ?? 1);

const tsx = createRequire(import.meta.url).resolve('tsx');
const main = fileURLToPath(new URL('./main.ts', import.meta.url));
const suite = fileURLToPath(new URL('../../../benchmarks/fewshot.ts', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'clce-kill-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function bench(ledger: string, out: string) {
  const settings = ['recipe.budget.steps=10', 'recipe.warmup=0', 'protocol.episodes=5', 'imageSize=16'];
  const flags = ['--losses', 'ce,clce', '--seeds', '0,1', ...settings.flatMap((one) => ['--set', one])];
  const often = ['--snapshot-every', '0.0001'];
  const places = ['--data', join(root, 'data'), '--ledger', join(root, ledger), '--out', join(root, out)];
  const words = ['--import', tsx, main, 'bench', suite, ...flags, ...often, ...places];
  return execa(process.execPath, words, { reject: false, stdin: 'ignore' });
}

/** Linux lists the children of a process's main thread. */
function workersOf(pid: number): number[] {
  const file = `/proc/${pid}/task/${pid}/children`;
  return existsSync(file) ? readFileSync(file, 'utf8').split(' ').filter(Boolean).map(Number) : [];
}

it(`survives ${KILLS} kills (seed ${SEED})`, async () => {
  expect((await bench('undisturbed', 'undisturbed.csv')).exitCode).toBe(0);
  const table = readFileSync(join(root, 'undisturbed.csv'), 'utf8');

  const random = counterRandom(SEED);
  let kills = 0;
  let finished = 0;
  for (let run = 0; kills < KILLS; run++) {
    const started = bench('runs', 'table.csv');
    const ended = started.then(() => 'ended' as const);
    // A run takes about ten seconds here, the first three of them before any cell.
    const moment = 1000 + 8000 * random.unit(RandomOperation.shuffle, 0, run);
    if ((await Promise.race([pause(moment), ended])) !== 'ended') {
      const [worker] = workersOf(started.pid!);
      const victim = kills % 2 === 0 ? started.pid! : (worker ?? started.pid!);
      process.kill(victim, 'SIGKILL');
      kills++;
    }
    const { exitCode, stderr } = await started;
    if (exitCode !== 0) continue;
    finished++;
    expect(readFileSync(join(root, 'table.csv'), 'utf8'), stderr).toBe(table);
    rmSync(join(root, 'runs'), { recursive: true });
    rmSync(join(root, 'table.csv'));
  }
  const last = await bench('runs', 'table.csv');
  expect(last.exitCode, last.stderr).toBe(0);
  expect(readFileSync(join(root, 'table.csv'), 'utf8')).toBe(table);
  expect(finished).toBeGreaterThan(0);
  const claims = readdirSync(join(root, 'runs', '.claims')).filter((name) => name.endsWith('.json'));
  expect(claims).toEqual([]);
}, 900_000);
