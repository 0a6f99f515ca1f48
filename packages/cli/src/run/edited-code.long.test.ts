/** A suite run from a checkout whose code is edited between runs: what is computed again, and what is kept. */
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { copyCheckout } from '../testing/copied-checkout.ts';

const root = mkdtempSync(join(tmpdir(), 'clce-edited-'));
const ledger = join(root, 'runs');
const losses = join(root, 'packages', 'losses', 'src');
const formula = join(losses, 'terms', 'lacln.ts');
const moved = join(losses, 'terms', 'moved.ts');

interface Event {
  readonly event: string;
  readonly label: string;
  readonly reason?: string;
}

/** What the command tells of its cells. */
async function bench(): Promise<Event[]> {
  const settings = ['imageSize=16', 'recipe.budget.steps=2', 'recipe.warmup=0', 'protocol.episodes=5'];
  // A second worker takes longer to load than these cells take.
  const one = ['--workers', '1', '--json'];
  const cells = ['--losses', 'ce,clce', '--seeds', '0,1', '--batch-sizes', '16', ...one];
  const places = ['--data', join(root, 'data'), '--ledger', ledger, '--out', join(root, 'table.csv')];
  const suite = join(root, 'benchmarks', 'suites', 'fewshot.ts');
  const flags = [...settings.flatMap((one) => ['--set', one]), ...cells, ...places];
  const start = join(root, 'packages', 'cli', 'start.mjs');
  const { stdout, stderr, exitCode } = await execa(process.execPath, [start, 'bench', suite, ...flags], {
    reject: false,
  });
  expect(exitCode, stderr).toBe(0);
  return stdout.split('\n').map((line) => JSON.parse(line) as Event);
}

const count = (events: readonly Event[], kind: string) => events.filter(({ event }) => event === kind).length;

function replaceIn(file: string, from: string, to: string): void {
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(from, to));
}

/** A file of each training cell, by key. */
function filesOf(name: string): Map<string, string> {
  const folders = readdirSync(ledger).filter((key) => readdirSync(join(ledger, key)).includes(name));
  return new Map(folders.map((key) => [key, readFileSync(join(ledger, key, name), 'utf8')]));
}

beforeAll(async () => {
  copyCheckout(root);
  cpSync(process.env['CLCE_TEST_FEW_ICONS']!, join(root, 'data'), { recursive: true });
  expect(count(await bench(), 'cell-done')).toBe(5);
  for (const provenance of filesOf('provenance.json').values()) {
    expect(JSON.parse(provenance)).toHaveProperty('sources');
  }
});
afterAll(() => rmSync(root, { recursive: true }));

it('a comment computes nothing, and is noted, so that it is traced once', async () => {
  appendFileSync(formula, '// A comment.\n');
  expect(count(await bench(), 'cell-skipped')).toBe(5);
  expect(filesOf('sources.json').size).toBe(4);
});

it('a file that is moved computes nothing', async () => {
  renameSync(formula, moved);
  for (const file of readdirSync(losses, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue;
    replaceIn(join(losses, file), '/terms/lacln.ts', '/terms/moved.ts');
    if (file.startsWith('terms/')) replaceIn(join(losses, file), './lacln.ts', './moved.ts');
  }
  expect(count(await bench(), 'cell-skipped')).toBe(5);
});

it('a formula computes its cells again, says why, and leaves the others', async () => {
  const before = filesOf('provenance.json');
  replaceIn(moved, 'tf.add(logPositives, softplusOfRatio)', 'tf.add(1, softplusOfRatio)');
  const events = await bench();
  const edited = [0, 1].map((seed) => `icons · conv4 · CLCE · batch 16 · seed ${seed}`);
  const reason = 'the training graph of loss clce on conv4 has changed since this result';
  for (const kind of ['result-outdated', 'cell-done']) {
    const told = events.filter(({ event }) => event === kind);
    expect(told.map(({ label }) => label).sort()).toEqual(edited);
    if (kind === 'result-outdated') for (const event of told) expect(event.reason).toBe(reason);
  }
  expect(count(events, 'cell-skipped')).toBe(3);
  const computed = [...filesOf('provenance.json')].filter(([key, text]) => text !== before.get(key));
  expect(computed).toHaveLength(2);
  for (const [key] of computed) {
    expect(readFileSync(join(ledger, key, 'journal.jsonl'), 'utf8')).toContain(`"again":"${reason}"`);
  }
});
