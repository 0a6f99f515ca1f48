/** `clce verify` of cells that start from the user's files, and a verify that is interrupted. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { start } from '../testing/bench-runs.ts';

const root = realpathSync(mkdtempSync(join(tmpdir(), 'clce-verified-')));
const temporary = join(root, 'temporary');
afterAll(() => rmSync(root, { recursive: true }));

const clce = (...words: string[]) =>
  execa(process.execPath, [start, ...words], {
    cwd: root,
    reject: false,
    env: { TMPDIR: temporary },
  });
const steps = ['recipe.budget.steps=2', 'recipe.warmup=0', 'protocol.episodes=5'];
const settings = steps.flatMap((one) => ['--set', one]);
const bench = async (ledger: string, out: string, ...flags: string[]) => {
  const places = ['--data', 'data', '--ledger', ledger, '--out', out, '--seeds', '0'];
  const { exitCode, stderr } = await clce('bench', 'fewshot', ...settings, ...places, ...flags);
  expect(exitCode, stderr).toBe(0);
};
const verify = (table: string, ...flags: string[]) =>
  clce('verify', table, '--sample', '100%', '--data', 'data', ...flags);
const leftIn = (folder: string) => readdirSync(folder).filter((name) => name.startsWith('clce-'));

beforeAll(async () => {
  mkdirSync(temporary);
  cpSync(process.env['CLCE_TEST_ICONS']!, join(root, 'data'), { recursive: true });
  await bench('first', 'first.csv', '--losses', 'ce', '--save-weights');
});

it('weights: asks for the file, then computes features without those that are stored', async () => {
  const key = readdirSync(join(root, 'first')).find((name) =>
    existsSync(join(root, 'first', name, 'weights.safetensors')),
  )!;
  const weights = join('first', key, 'weights.safetensors');
  await bench('second', 'second.csv', '--losses', 'ce', '--weights', `conv4=${weights}`);
  expect(readdirSync(join(root, 'data', 'features'))).toHaveLength(1);
  rmSync(join(root, 'data', 'features'), { recursive: true });
  const without = await verify('second.csv');
  expect(
    without.stdout.match(/not computed: it starts from a file with SHA-256 \w+; --input names/g),
  ).toHaveLength(2);
  expect(without.stdout).toMatch(/raw pixels {2}same/);
  expect(without.exitCode).toBe(1);
  const given = await verify('second.csv', '--input', 'first.csv', '--input', weights);
  expect(given.stdout, given.stderr).toMatch(/\n3 same$/);
  expect(given.stdout).toMatch(/conv4 · frozen {2}same: \d+ figures and every byte of its result/);
  expect(given.exitCode).toBe(0);
  expect(existsSync(join(root, 'data', 'features'))).toBe(false);
});

it('a loss of the user’s: asks for its file, then compares', async () => {
  await clce('new', 'loss', 'mine');
  await bench('own', 'own.csv', '--loss-file', 'mine.ts', '--losses', 'ce,mine');
  const { stdout, exitCode } = await verify('own.csv');
  expect(stdout).toMatch(/not computed: .*"mine".*; --loss-file adds a loss of your own/);
  expect(exitCode).toBe(1);
  const given = await verify('own.csv', '--loss-file', 'mine.ts');
  expect(given.stdout, given.stderr).toMatch(/\n3 same$/);
  expect(given.exitCode).toBe(0);
});

it('interrupted, it says so in one line and leaves nothing', async () => {
  const child = verify('first.csv');
  await expect
    .poll(() => leftIn(temporary).some((name) => existsSync(join(temporary, name, 'runs'))))
    .toBe(true);
  child.kill('SIGINT');
  const { exitCode, stderr } = await child;
  expect(stderr).toMatch(
    /^interrupted; nothing is kept, and the same command with the same seed starts over$/m,
  );
  expect(exitCode).toBe(130);
  expect(leftIn(temporary)).toEqual([]);
});
