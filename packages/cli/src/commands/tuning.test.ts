/** The whole way of a tuned preset: trials, choice, confirmation and files, with the real worker processes. */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TrainingSpec } from '@clce/experiments';
import { csvRecords, parseTrialCsv } from '@clce/results';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseProvenance } from '../stored/provenance-file.ts';
import { benchFewshot, fewshot, smallTuned } from '../testing/bench-runs.ts';
import { printedBy } from '../testing/printed-by.ts';
import { addBenchCommand } from './bench.ts';
import { addResultsCommands } from './results.ts';

const root = mkdtempSync(join(tmpdir(), 'clce-tuning-'));
const data = join(root, 'data');
const ledger = join(root, 'runs');
const out = join(root, 'table.csv');
const small = [...smallTuned, '--data', data, '--ledger', ledger, '--out', out];
const bench = (...flags: string[]) => benchFewshot(...small, ...flags);
const listed = (...flags: string[]) =>
  printedBy(addBenchCommand, 'bench', fewshot, ...small, ...flags, '--dry-run');

const example = (name: string) =>
  fileURLToPath(new URL(`../../../../docs/examples/${name}.yaml`, import.meta.url));

const cellsIn = () => readdirSync(ledger).filter((name) => /^[0-9a-f]{64}$/.test(name));
beforeAll(() => cpSync(process.env['CLCE_TEST_ICONS']!, data, { recursive: true }));
afterAll(() => rmSync(root, { recursive: true }));

describe('clce bench with a tuned preset', () => {
  it('--dry-run lists trials with keys, the confirmation without, and equal costs', async () => {
    const lines = (await listed()).split('\n');
    expect(
      lines.filter((line) =>
        /^[0-9a-f]{12} {2}icons · development · conv4 · .*, trial [12] · batch 16 · seed 0$/.test(line),
      ),
    ).toHaveLength(4);
    expect(
      lines.filter((line) =>
        /^– {13}icons · fold [01] of 2 · conv4 · (CE|CLCE) · batch 16 · seed 0$/.test(line),
      ),
    ).toHaveLength(4);
    expect(
      lines.filter((line) => /^[0-9a-f]{12} {2}icons · fold [01] of 2 · raw pixels$/.test(line)),
    ).toHaveLength(2);
    expect(lines).toContain('4 trials and 6 cells of the confirmation');
    const costs = lines.flatMap(
      (line) => /^(?:CE|CLCE) +([\d.]+) +([\d.]+) +([\d.]+)$/.exec(line)?.slice(1).join() ?? [],
    );
    // 2 trials or folds, 2 steps, 16 images; a unit is 400 × 64 images.
    expect(costs).toEqual(Array(2).fill('0.0025,0.0025,0.005'));
    expect(lines.at(-1)).toBe(
      `The other keys (–) are known once all 4 trials are in ${ledger}, because trials choose the methods.`,
    );
    expect(existsSync(ledger)).toBe(false);
  });

  it('lists the example of docs/tuning.md: eight trials of three methods', async () => {
    const places = ['--data', data, '--ledger', ledger, '--dry-run'];
    const printed = await printedBy(
      addBenchCommand,
      'bench',
      fewshot,
      '--config',
      example('tuning'),
      ...places,
    );
    expect(printed.match(/^[0-9a-f]{12} .* · (CE|CLCE|CLCE at its defaults), trial [1-8] · /gm)).toHaveLength(
      24,
    );
    expect(printed).toContain('24 trials and 10 cells of the confirmation');
  });

  it('lists the example of a comparison without a difference: CE and its double', async () => {
    const flags = ['--preset', 'tuned-smoke', '--config', example('same'), '--data', data, '--dry-run'];
    const { stdout, stderr } = await benchFewshot(...flags);
    expect(stdout.match(/^[0-9a-f]{12} .* · (CE|same), trial [12] · /gm), stderr).toHaveLength(4);
    // Three folds of two methods and of raw pixels.
    expect(stdout).toContain('4 trials and 9 cells of the confirmation');
  });

  it('--trials-only says what the trials chose, and runs nothing of the confirmation', async () => {
    const { exitCode, stderr } = await bench('--trials-only');
    expect(exitCode, stderr).toBe(0);
    expect(stderr.match(/^icons · conv4 · (CE|CLCE) · batch 16: trial [12] of 2/gm)).toHaveLength(2);
    expect(stderr.trimEnd()).toMatch(
      /^6 cells of the confirmation are left for this command without --trials-only$/m,
    );
    expect(cellsIn()).toHaveLength(4);
    expect(existsSync(out)).toBe(false);
  });

  it('--trials-only is refused where nothing is tuned', async () => {
    await expect(
      printedBy(addBenchCommand, 'bench', fewshot, '--data', data, '--ledger', ledger, '--trials-only'),
    ).rejects.toThrow('--trials-only: preset quick of fewshot tunes nothing');
  });

  it('runs the trials, says what they chose, and runs the confirmation', async () => {
    const { exitCode, stdout, stderr } = await bench();
    expect(exitCode, stderr).toBe(0);
    for (const title of ['CE', 'CLCE']) {
      const choice = new RegExp(
        `icons · conv4 · ${title} · batch 16: trial [12] of 2 \\(recipe\\.learningRate =`,
      );
      for (const printed of [stdout, stderr]) expect(printed.replace(/\n\s+/g, ' ')).toMatch(choice);
    }
    const lines = (await listed()).split('\n');
    expect(lines.filter((line) => /^[0-9a-f]{12} {2}icons/.test(line))).toHaveLength(4 + 6);
    expect(lines.at(-1)).toMatch(/^all /);
  });

  it('the files: a row a trial, a chosen one for each method, plots, and all cells in the provenance', () => {
    const rows = parseTrialCsv(readFileSync(join(root, 'table.trials.csv'), 'utf8'), 'table.trials.csv');
    expect(rows.map(({ method, trial }) => `${method} ${trial}`)).toEqual([
      'CE 1',
      'CLCE 1',
      'CE 2',
      'CLCE 2',
    ]);
    for (const method of ['CE', 'CLCE']) {
      const own = rows.filter((row) => row.method === method);
      const best = own.reduce((one, other) => (other.mean! > one.mean! ? other : one));
      expect(own.filter(({ chosen }) => chosen)).toEqual([best]);
      expect(best.mean).toBeCloseTo(
        (best.scores['5-shot logistic-regression']! + best.scores['head']!) / 2,
        9,
      );
    }
    const text = readFileSync(join(root, 'table.provenance.json'), 'utf8');
    const { cells } = parseProvenance(text, 'table.provenance.json');
    expect(cells.map(({ key }) => key).toSorted()).toEqual(cellsIn().toSorted());
    for (const { cell } of rows) expect(cells.some(({ key }) => key.startsWith(cell))).toBe(true);
    const listedFiles = Object.keys(JSON.parse(text).files);
    expect(listedFiles).toEqual(
      expect.arrayContaining([
        ...['table.trials.csv', 'table.trials.svg', 'table.trial-differences.png'],
        'table.verdicts.csv',
      ]),
    );
  });

  it('the confirmation trains what the trial trained, on the folds of the reserve', () => {
    const rows = parseTrialCsv(readFileSync(join(root, 'table.trials.csv'), 'utf8'), 'table.trials.csv');
    const { cells } = parseProvenance(readFileSync(join(root, 'table.provenance.json'), 'utf8'), 'it');
    const specOf = (short: string) => cells.find(({ key }) => key.startsWith(short))!.spec as TrainingSpec;
    const table = csvRecords(readFileSync(join(root, 'table.seeds.csv'), 'utf8'), 'table.seeds.csv');
    for (const { method, cell } of rows.filter(({ chosen }) => chosen)) {
      const row = table.find(({ loss }) => loss === method)!;
      const [tried, confirmed] = [specOf(cell), specOf(row['cell']!)];
      expect(tried.protocol).toMatchObject({ classes: 'validation' });
      expect(tried.dataset.split).toEqual({ rule: 1, side: 'development' });
      expect(confirmed).toEqual({
        ...tried,
        dataset: { ...tried.dataset, split: { rule: 1, side: 'confirmation', folds: 2, fold: 0 } },
        protocol: { ...tried.protocol, classes: 'novel' },
      });
    }
  });

  it('clce tune show prints the trials, with a star at each choice, and the choice', async () => {
    const printed = await printedBy(addResultsCommands, 'tune', 'show', 'table', '--results', root);
    expect(printed).toMatch(/^icons · conv4 · batch 16\n/);
    expect(printed).toMatch(/^method +trial +learningRate /m);
    expect(printed.match(/^(CE|CLCE) +[12] \* /gm)!.length % 2).toBe(0);
    expect(printed).toContain('*: the chosen trial of a method.');
    expect(printed.replace(/\n\s+/g, ' ')).toMatch(/^icons · conv4 · CLCE · batch 16: trial [12] of 2 \(/m);
  });

  it('a table that was not tuned has no trials to show', async () => {
    const results = join(root, 'plain');
    cpSync(join(root, 'table.seeds.csv'), join(results, 'plain.seeds.csv'), { recursive: true });
    await expect(
      printedBy(addResultsCommands, 'tune', 'show', 'plain', '--results', results),
    ).rejects.toThrow(/plain\.trials\.csv is not there: the preset of plain has no entry tuning$/);
  });

  it('trials that would be one cell are refused before the first cell, with both names', async () => {
    const twice = [
      ...['--set', 'tuning.space={recipe.samplesPerClass: {scale: choice, values: [2]}}'],
      ...['--set', 'tuning.own={}', '--ledger', join(root, 'never')],
    ];
    await expect(listed(...twice)).rejects.toThrow(
      /^".* CE, trial 1 · .*" and ".* CE, trial 2 · .*" are the same cell; leave one of them out$/,
    );
    expect(existsSync(join(root, 'never'))).toBe(false);
  });
});
