/** Tuned presets that are killed, run again and run in another order, and trials that diverge. */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseTrialCsv } from '@clce/results';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { benchFewshot, fewshot, smallTuned, start } from '../testing/bench-runs.ts';

const root = mkdtempSync(join(tmpdir(), 'clce-tuning-'));
const data = join(root, 'data');
const ledger = join(root, 'runs');
const out = join(root, 'table.csv');
const small = [...smallTuned, '--data', data, '--ledger', ledger, '--out', out];
const bench = (...flags: string[]) => benchFewshot(...small, ...flags);

const cellsIn = () => readdirSync(ledger).filter((name) => /^[0-9a-f]{64}$/.test(name));
const files = () =>
  Object.fromEntries(
    readdirSync(root)
      .filter((name) => /^table\.(?!provenance)/.test(name))
      .map((name) => [name, readFileSync(join(root, name), 'latin1')]),
  );

/** Runs the command until it has computed some more cells. */
async function killedAfter(computed: number): Promise<void> {
  const command = execa(process.execPath, [start, 'bench', fewshot, ...small, '--json'], {
    ...{ reject: false, stdin: 'ignore' },
  });
  let ended = 0;
  command.stdout!.on('data', (bytes: Buffer) => {
    ended += bytes.toString().match(/"event":"cell-done"/g)?.length ?? 0;
    if (ended >= computed) command.kill('SIGKILL');
  });
  await command;
}

beforeAll(() => cpSync(process.env['CLCE_TEST_ICONS']!, data, { recursive: true }));
afterAll(() => rmSync(root, { recursive: true }));

describe('clce bench with a tuned preset', () => {
  it('killed three times, it goes on with what its trials chose; run again, it computes nothing and writes the same bytes', async () => {
    // In the trials, at their end, and in the confirmation.
    for (const computed of [1, 3, 2]) await killedAfter(computed);
    expect(existsSync(out)).toBe(false);
    expect(cellsIn().length).toBeGreaterThanOrEqual(6);

    const { exitCode, stdout, stderr } = await bench();
    expect(stderr.match(/trial \d · .*done before/g)).toHaveLength(4);
    expect(exitCode, stderr).toBe(0);
    const first = files();
    const again = await bench();
    expect(again.stderr.match(/done before/g)).toHaveLength(4 + 6);
    expect(files()).toEqual(first);
    expect(again.stdout).toBe(stdout);
  });

  it('without a kill, and in another order of cells, the bytes are the same', async () => {
    const elsewhere = ['--ledger', join(root, 'other'), '--out', join(root, 'other.csv'), '--workers', '1'];
    const { exitCode, stderr } = await bench(...elsewhere);
    expect(exitCode, stderr).toBe(0);
    for (const ending of ['csv', 'seeds.csv', 'trials.csv', 'trials.svg', 'trial-differences.svg']) {
      expect(readFileSync(join(root, `other.${ending}`), 'utf8')).toBe(
        readFileSync(join(root, `table.${ending}`), 'utf8'),
      );
    }
  });

  it('trials that diverge are named, and the others are chosen from', async () => {
    const wild = [
      ...['--set', 'tuning.space={recipe.learningRate: {scale: choice, values: [0.01, 1.0e+30]}}'],
      ...['--set', 'tuning.own={}'],
      ...['--ledger', join(root, 'wild'), '--out', join(root, 'wild.csv')],
    ];
    const { exitCode, stdout, stderr } = await bench(...wild);
    expect(exitCode, stderr).toBe(0);
    expect(stdout.replace(/\n\s+/g, ' ')).toMatch(/CLCE · batch 16: trial [12] of 2, 1 of which diverged \(/);
    const rows = parseTrialCsv(readFileSync(join(root, 'wild.trials.csv'), 'utf8'), 'wild.trials.csv');
    const lost = rows.filter(({ diverged }) => /^step \d: .+$/.test(diverged));
    expect(lost.map(({ values }) => values['recipe.learningRate'])).toEqual(['1e+30', '1e+30']);
    for (const row of lost) expect(row).toMatchObject({ mean: null, chosen: false });
    expect(stderr.match(/trial \d .*done in .*, diverged at step \d: the /g)).toHaveLength(2);
    const again = await bench(...wild);
    expect(again.stderr.match(/done before/g)).toHaveLength(4 + 6);
  });

  it('without tuning, a cell on validation data that diverged is named beside the table', async () => {
    const { exitCode, stdout, stderr } = await benchFewshot(
      ...['--data', data, '--ledger', join(root, 'plain'), '--out', join(root, 'plain.csv')],
      ...['--losses', 'ce', '--seeds', '0', '--set', 'imageSize=16'],
      ...[
        '--set',
        'recipe.budget.steps=4',
        '--set',
        'recipe.warmup=0',
        '--set',
        'recipe.learningRate=1.0e+30',
      ],
      ...['--set', 'protocol.classes=validation', '--set', 'protocol.episodes=5'],
    );
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toMatch(/^icons · conv4 · .* · seed 0: diverged at step \d, the .*; no row$/m);
    expect(stdout).toMatch(/2 rows from 2 cells/);
  });
});
