/**
 * For tests: SIGKILL at random moments of a suite, of the command and of a worker in turn. The table of the run that gets
 * through is that of an undisturbed one. The moments come from a seed; CLCE_KILL_SEED sets another.
 */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { counterRandom, RandomOperation } from '@clce/datasets';
import { execa } from 'execa';
import { expect, onTestFinished } from 'vitest';
import { main, fewshot as suite, tsx } from './bench-runs.ts';

export const KILL_SEED = Number(process.env['CLCE_KILL_SEED'] ?? 1);

export async function expectSurvives(kills: number, seeds: string): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'clce-kill-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  cpSync(process.env['CLCE_TEST_ICONS']!, join(root, 'data'), { recursive: true });
  const runs = join(root, 'runs');
  const run = (ledger: string, table: string) =>
    bench(join(root, 'data'), join(root, ledger), join(root, table), seeds);
  const out = join(root, 'table.csv');

  const start = performance.now();
  const { exitCode, stdout } = await run('undisturbed', 'undisturbed.csv');
  expect(exitCode).toBe(0);
  const events = stdout.split('\n').length;
  const gapMs = (performance.now() - start) / events;
  const table = readFileSync(join(root, 'undisturbed.csv'), 'utf8');

  const random = counterRandom(KILL_SEED);
  for (let killed = 0, turn = 0; killed < kills; turn++) {
    const draw = (use: number): number => random.unit(RandomOperation.shuffle, use, turn);
    const command = run('runs', 'table.csv');
    if (await hasPrinted(command.stdout, Math.floor(events * draw(0)))) {
      // Somewhere between that event and the next one.
      await pause(gapMs * draw(1));
      const worker = killed % 2 === 1 ? workersOf(command.pid!)[0] : undefined;
      if (kill(worker ?? command.pid!)) killed++;
    }
    const { exitCode, stderr } = await command;
    if (exitCode !== 0) continue;
    expect(readFileSync(out, 'utf8'), stderr).toBe(table);
    rmSync(runs, { recursive: true });
    rmSync(out);
  }
  const last = await run('runs', 'table.csv');
  expect(last.exitCode, last.stderr).toBe(0);
  expect(readFileSync(out, 'utf8')).toBe(table);
  const leases = readdirSync(join(runs, '.leases')).filter((name) => name.endsWith('.json'));
  expect(leases).toEqual([]);
}

/** Prints a line an event. */
function bench(data: string, ledger: string, out: string, seeds: string) {
  const settings = ['recipe.budget.steps=10', 'recipe.warmup=0', 'protocol.episodes=5', 'imageSize=16'];
  const flags = ['--losses', 'ce,clce', '--seeds', seeds, ...settings.flatMap((one) => ['--set', one])];
  const often = ['--snapshot-every', '0.0001', '--json'];
  const places = ['--data', data, '--ledger', ledger, '--out', out];
  const words = ['--import', tsx, main, 'bench', suite, ...flags, ...often, ...places];
  return execa(process.execPath, words, { reject: false, stdin: 'ignore' });
}

/** Waits for that many lines; false where there are fewer. */
function hasPrinted(stdout: NodeJS.ReadableStream, lines: number): Promise<boolean> {
  if (lines === 0) return Promise.resolve(true);
  return new Promise((resolve) => {
    let printed = 0;
    createInterface({ input: stdout })
      .on('line', () => {
        if (++printed === lines) resolve(true);
      })
      .on('close', () => resolve(false));
  });
}

/** Linux lists the children of a process's main thread. */
function workersOf(pid: number): number[] {
  const file = `/proc/${pid}/task/${pid}/children`;
  return existsSync(file) ? readFileSync(file, 'utf8').split(' ').filter(Boolean).map(Number) : [];
}

/** False where the process has just ended. */
function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}
