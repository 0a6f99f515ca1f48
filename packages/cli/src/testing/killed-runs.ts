/**
 * For tests: SIGKILL at random moments of a suite, of workers and then of the command. The table of the run that gets through is
 * that of an undisturbed one. The moments come from a seed; CLCE_KILL_SEED sets another.
 */
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { counterRandom, RandomOperation } from '@clce/datasets';
import { execa } from 'execa';
import { expect, onTestFinished } from 'vitest';
import { start, fewshot as suite } from './bench-runs.ts';

export const KILL_SEED = Number(process.env['CLCE_KILL_SEED'] ?? 1);

interface Kills {
  /** Number of all kills. */
  readonly kills: number;
  /** Workers killed in a run before its command is. */
  readonly workersFirst: number;
  readonly seeds: string;
  /** Cells at the same time. */
  readonly workers: number;
}

export async function expectSurvives({ kills, workersFirst, ...cells }: Kills): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'clce-kill-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  cpSync(process.env['CLCE_TEST_FEW_ICONS']!, join(root, 'data'), { recursive: true });
  const runs = join(root, 'runs');
  const run = (ledger: string, table: string) =>
    bench(join(root, 'data'), join(root, ledger), join(root, table), cells);
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
    const hasPrinted = lineCounter(command.stdout);
    const victims = workersFirst + 1;
    for (let at = 0, lines = 0; at < victims && killed < kills; at++) {
      lines += Math.floor((events / victims) * draw(at));
      if (!(await hasPrinted(lines))) break;
      // Somewhere between that event and the next one.
      await pause(gapMs * draw(victims + at));
      const victim = at < workersFirst ? workersOf(command.pid!)[0] : command.pid;
      if (victim !== undefined && kill(victim)) killed++;
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
function bench(
  data: string,
  ledger: string,
  out: string,
  { seeds, workers }: Omit<Kills, 'kills' | 'workersFirst'>,
) {
  const settings = ['recipe.budget.steps=10', 'recipe.warmup=0', 'protocol.episodes=5', 'imageSize=16'];
  const cells = ['--losses', 'ce,clce', '--seeds', seeds];
  const flags = [...cells, ...settings.flatMap((one) => ['--set', one])];
  // A thread that makes batches takes longer to start than it makes batches.
  const often = ['--snapshot-every', '0.0001', '--data-workers', '0', '--workers', `${workers}`, '--json'];
  const places = ['--data', data, '--ledger', ledger, '--out', out];
  const words = [start, 'bench', suite, ...flags, ...often, ...places];
  return execa(process.execPath, words, { reject: false, stdin: 'ignore' });
}

/** Gives a function that waits for that many lines; false where there are fewer. */
function lineCounter(input: NodeJS.ReadableStream): (lines: number) => Promise<boolean> {
  let printed = 0;
  const reader = createInterface({ input }).on('line', () => printed++);
  const closed = once(reader, 'close').then(() => false);
  return async (lines) => {
    while (printed < lines) {
      const more = await Promise.race([once(reader, 'line').then(() => true), closed]);
      if (!more) return printed >= lines;
    }
    return true;
  };
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
