/**
 * SIGKILL at random moments of runners that share a ledger of many small cells: in results, snapshots, journals and leases.
 * Every ledger ends with the bytes of an undisturbed one. CLCE_KILLS sets the number of kills, CLCE_KILL_SEED other moments;
 * `test:kills` kills a thousand times.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { counterRandom, RandomOperation } from '@clce/datasets';
import { removeLeftovers, surveyLedger } from '@clce/runner';
import { execa } from 'execa';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { cheapCells, cheapLedger, LEASE_MS } from '../testing/cheap-cells.ts';
import { KILL_SEED } from '../testing/killed-runs.ts';

const tsx = createRequire(import.meta.url).resolve('tsx');
const program = fileURLToPath(new URL('../testing/cheap-cells.ts', import.meta.url));
const KILLS = Number(process.env['CLCE_KILLS'] ?? 20);
/** Kills of one test. */
const PART = 10;
const parts = Array.from({ length: Math.ceil(KILLS / PART) }, (_, part) => part);

function start(ledger: string, machine?: string) {
  const words = ['--import', tsx, program, ledger, ...(machine === undefined ? [] : [machine])];
  return execa(process.execPath, words, { reject: false, stdin: 'ignore' });
}
type Runner = ReturnType<typeof start>;

/** Resolves before the runner's first cell, or at its end. */
async function ready({ stdout, ...child }: Runner): Promise<void> {
  await Promise.race([new Promise((resolve) => stdout.once('data', resolve)), child]);
}

function temporaryLedger(): string {
  const root = mkdtempSync(join(tmpdir(), 'clce-kills-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  return join(root, 'runs');
}

/** Results of all cells, by name; times and attempts are in other files. */
const resultsIn = (ledger: string) =>
  cheapCells.map(({ key }) => readFileSync(join(ledger, key, 'result.json'), 'utf8'));

let undisturbed: readonly string[];
/** Time between the first cell and the end of an undisturbed run. */
let wholeMs: number;
beforeAll(async () => {
  const root = mkdtempSync(join(tmpdir(), 'clce-kills-'));
  const runner = start(join(root, 'runs'));
  await ready(runner);
  const begin = performance.now();
  expect((await runner).exitCode).toBe(0);
  wholeMs = performance.now() - begin;
  undisturbed = resultsIn(join(root, 'runs'));
  rmSync(root, { recursive: true });
});

it.each(parts)(`part %i of ${KILLS} kills (seed ${KILL_SEED})`, async (part) => {
  const random = counterRandom(KILL_SEED);
  let ledger = temporaryLedger();
  for (let killed = 0, turn = 0; killed < PART; turn++) {
    const draw = (use: number): number => random.unit(RandomOperation.shuffle, 1000 * part + turn, use);
    // Two runners at once; every other one passes for a runner of another machine.
    const runners = [start(ledger), start(ledger, `machine ${part} ${turn}`)];
    const ends = runners.map(async (runner, at) => {
      await ready(runner);
      await pause(wholeMs * draw(at));
      runner.kill('SIGKILL');
      return runner;
    });
    for (const { signal, exitCode, stderr } of await Promise.all(ends)) {
      if (signal === 'SIGKILL') killed++;
      else expect(exitCode, stderr).toBe(0);
    }
    const { cells } = await surveyLedger({ ledger: cheapLedger(ledger), numericsVersion: 1 });
    if (cells.length < cheapCells.length || cells.some(({ state }) => state !== 'done')) continue;
    await expectUndisturbed(ledger);
    ledger = temporaryLedger();
  }
  const { exitCode, stderr } = await start(ledger);
  expect(exitCode, stderr).toBe(0);
  await expectUndisturbed(ledger);
});

/** The bytes of the undisturbed run, and nothing left over once the leases of the killed have ended. */
async function expectUndisturbed(directory: string): Promise<void> {
  expect(resultsIn(directory)).toEqual(undisturbed);
  const options = { ledger: cheapLedger(directory), numericsVersion: 1, deadAfterMs: LEASE_MS };
  await expect
    .poll(async () => {
      await removeLeftovers(options, await surveyLedger(options));
      return readdirSync(join(directory, '.leases'));
    })
    .toEqual([]);
  const { leftovers, unknown } = await surveyLedger(options);
  expect([leftovers, unknown]).toEqual([[], []]);
  for (const { key } of cheapCells) {
    expect(readdirSync(join(directory, key)).sort()).toEqual([
      'journal.jsonl',
      'provenance.json',
      'result.json',
    ]);
  }
  expect(resultsIn(directory)).toEqual(undisturbed);
}
