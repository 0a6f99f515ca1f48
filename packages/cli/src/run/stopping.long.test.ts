/** Requests to stop, at the moments that matter, sent to the real program. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openLedger } from '@clce/runner';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { start, fewshot as suite } from '../testing/bench-runs.ts';

const tsx = createRequire(import.meta.url).resolve('tsx');
const root = mkdtempSync(join(tmpdir(), 'clce-stop-'));
const data = join(root, 'data');
beforeAll(() => cpSync(process.env['CLCE_TEST_FEW_ICONS']!, data, { recursive: true }));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const program = (...words: string[]) => execa(process.execPath, words, { reject: false, stdin: 'ignore' });
type Program = ReturnType<typeof program>;

/** More steps than are taken before a test interrupts them, however late. */
const ENDLESS = 1_000_000;

/** The pixel baseline, and two cells that train. */
function bench(ledger: string, steps = ENDLESS) {
  const settings = [`recipe.budget.steps=${steps}`, 'protocol.episodes=5', 'imageSize=16'];
  const short = ['--losses', 'ce', '--seeds', '0,1', ...settings.flatMap((one) => ['--set', one])];
  const places = ['--data', data, '--ledger', join(root, ledger), '--out', join(root, `${ledger}.csv`)];
  return program(start, 'bench', suite, '--json', ...short, ...places);
}

/** Resolves when the program prints something of the kind; rejects when it ends without. */
async function says(child: Program, stream: 'stdout' | 'stderr', pattern: RegExp): Promise<void> {
  let text = '';
  const said = new Promise<void>((resolve) => {
    child[stream].on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (pattern.test(text)) resolve();
    });
  });
  const ended = child.then((): never => {
    throw new Error(`it ended without ${String(pattern)}`);
  });
  await Promise.race([said, ended]);
}

const filesIn = (folder: string) =>
  existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [];
const temporary = (name: string) => name.endsWith('.tmp');

describe('a run that is asked to stop', () => {
  it.each([
    ['SIGINT', 'SIGTERM', [130, 143]],
    ['SIGTERM', 'SIGTERM', [143]],
    ['SIGHUP', 'SIGINT', [129, 130]],
  ] as const)(
    'twice at once, by %s and %s: snapshots, one line, the exit code of the signal that came first',
    async (signal, other, codes) => {
      const child = bench(signal);
      await says(child, 'stdout', /"event":"progress".*seed [01]/);
      // As from a terminal and a launcher; held until both are there.
      child.kill('SIGSTOP');
      child.kill(signal);
      child.kill(other);
      child.kill('SIGCONT');
      const { exitCode, stderr } = await child;
      expect(stderr.trim().split('\n').at(-1)).toMatch(/^interrupted with \d of 3 cells finished; the same/);
      // Which of two is delivered first is the system's choice.
      expect(codes).toContain(exitCode);
      const files = filesIn(join(root, signal));
      expect(files.filter((name) => name.endsWith('snapshot.safetensors')).length).toBeGreaterThan(0);
      expect(files.filter(temporary)).toEqual([]);
    },
  );

  it('is gone on with by the next run, to the table of a run without interruption', async () => {
    const child = bench('continued', 150);
    await says(child, 'stdout', /"event":"progress".*seed [01]/);
    child.kill('SIGINT');
    await child;
    expect((await bench('continued', 150)).exitCode).toBe(0);
    expect((await bench('whole', 150)).exitCode).toBe(0);
    const [continued, whole] = ['continued', 'whole'].map((run) =>
      readFileSync(join(root, `${run}.csv`), 'utf8'),
    );
    expect(continued).toBe(whole);
  });

  it('while its workers start: one line', async () => {
    const child = bench('starting');
    await says(child, 'stdout', /"event":"cell-started"/);
    child.kill('SIGINT');
    const { exitCode, stderr } = await child;
    expect(stderr).toMatch(
      /^interrupted with [01] of 3 cells finished; the same command goes on from there$/,
    );
    expect(exitCode).toBe(130);
  });

  it('while it prepares data: one line, and no file is left half-written', async () => {
    const fresh = join(root, 'fresh');
    const places = ['--data', fresh, '--ledger', join(root, 'never')];
    const child = program(start, 'bench', suite, ...places, '--set', 'imageSize=512');
    await says(child, 'stderr', /preparing icons/);
    child.kill('SIGINT');
    const { exitCode, stderr } = await child;
    expect(stderr.split('\n').filter((line) => !line.startsWith('preparing'))).toEqual([
      'interrupted; the same command goes on',
    ]);
    expect(exitCode).toBe(130);
    expect(filesIn(fresh).filter(temporary)).toEqual([]);
    expect(existsSync(join(root, 'never'))).toBe(false);
  });
});

it('asked once more, a second later: it ends at once', async () => {
  const stubborn = join(root, 'stubborn.mts');
  const { href } = new URL('./stopping.ts', import.meta.url);
  writeFileSync(
    stubborn,
    `import { listenForStops, stoppable } from '${href}';
listenForStops();
setInterval(() => {}, 1000);
const work = stoppable((asked) => new Promise(() => asked.addEventListener('abort', () => console.log('asked'))));
console.log('ready');
await work;`,
  );
  const child = program('--import', tsx, stubborn);
  await says(child, 'stdout', /ready/);
  child.kill('SIGINT');
  child.kill('SIGTERM');
  await says(child, 'stdout', /asked/);
  await pause(1100);
  child.kill('SIGTERM');
  expect((await child).exitCode).toBe(143);
});

describe('a reader that leaves', () => {
  const piped = (words: string, env = {}) =>
    execa('bash', ['-c', `set -o pipefail; { ${words}; } | head -1`], { reject: false, env });
  const node = `'${process.execPath}'`;

  it('of a table: nothing is said', async () => {
    mkdirSync(join(root, 'none'));
    const places = `--results '${root}/none' --ledger '${root}/none'`;
    const { stdout, stderr } = await piped(
      `${node} '${start}' query "select * from range(200000)" --format csv ${places}`,
    );
    expect(stdout).toBe('range');
    expect(stderr).toBe('');
  });

  it.each([
    ['status', 'status'],
    ['status --json', 'status --json'],
    ['logs', `logs ${'a'.repeat(64)}`],
    ['gc --dry-run', 'gc --dry-run'],
  ])('of %s with more than a pipe holds: nothing is said', async (_, words) => {
    const ledger = mkdtempSync(join(root, 'large-'));
    for (let n = 0; n < 2000; n++) mkdirSync(join(ledger, n.toString(16).padStart(64, '0')));
    for (let n = 0; n < 2000; n++) writeFileSync(join(ledger, `not of the ledger ${n}`), '');
    const opened = openLedger({ directory: ledger, parseResult: String });
    const step = { note: 'x'.repeat(100_000) };
    for (let n = 0; n < 5; n++) await opened.appendJournal('a'.repeat(64), step);
    const { stdout, stderr } = await piped(`${node} '${start}' ${words} --ledger '${ledger}'`);
    expect(stdout.split('\n')).toHaveLength(1);
    expect(stdout).not.toBe('');
    expect(stderr).toBe('');
  });

  it('of events: the run stops as if interrupted, with snapshots', async () => {
    const child = bench('left');
    await says(child, 'stdout', /"event":"progress".*seed [01]/);
    child.stdout.destroy();
    const { exitCode, stderr } = await child;
    expect(stderr).toMatch(
      /^interrupted with [01] of 3 cells finished; the same command goes on from there$/,
    );
    expect(exitCode).toBe(141);
    const files = filesIn(join(root, 'left'));
    expect(files.filter((name) => name.endsWith('snapshot.safetensors')).length).toBeGreaterThan(0);
  });

  it('of a benchmark: nothing is said', async () => {
    const speed = fileURLToPath(new URL('../../../../benchmarks/speed/main.ts', import.meta.url));
    const { stderr } = await piped(`for k in 1 2; do ${node} --import '${tsx}' '${speed}' --help; done`);
    expect(stderr).toBe('');
  });
});
