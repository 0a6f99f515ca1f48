/** From a comparison to weights that people take away: the card tells of the very network, and predictions are those of the result. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openWeightFile } from '@clce/backbones';
import { type Dataset, getDataset, pictureFolder, writePictures } from '@clce/datasets';
import { type CellSpec, testedRows } from '@clce/experiments';
import { csvRecords, parseCellResult } from '@clce/results';
import { openLedger } from '@clce/runner';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { askedOf, suiteFileOf } from '../compare/asked.ts';
import { comparisonPreset } from '../compare/plan/comparison-preset.ts';
import { writePlan } from '../compare/plan/plan-files.ts';
import { start } from '../testing/bench-runs.ts';

const root = realpathSync(mkdtempSync(join(tmpdir(), 'clce-best-test-')));
const at = (...names: string[]) => join(root, ...names);
afterAll(() => rmSync(root, { recursive: true }));

const clce = (...words: string[]) => execa(process.execPath, [start, ...words], { cwd: root, reject: false });
const compare = (...flags: string[]) =>
  clce(
    ...['compare', 'letters', '--losses', 'ce,clce', '--no-flip', '--backbone', 'conv4', '--budget', '15m'],
    ...['--out', 'out', '--ledger', 'runs', '--data', 'data', ...flags],
  );

let letters: Dataset;
beforeAll(async () => {
  const typefaces = await getDataset('typefaces').load({ dataRoot: at('typefaces'), size: 32 });
  await writePictures(typefaces, at('letters'), { classes: 3, samples: 30 });
  letters = await pictureFolder({ name: 'letters', folder: at('letters') }).load({
    dataRoot: at('data'),
    size: 32,
  });
  // Planned by hand: what a plan has depends on the machine.
  const plan = { steps: 60, trials: 2, folds: 2, seeds: 1, seconds: 200, difference: 5, margin: 5 };
  const common = {
    losses: ['ce', 'clce'],
    backbone: 'conv4',
    flip: false,
    margin: 1,
    seed: 0,
    engine: 'onnx',
  };
  const asked = askedOf('letters', at('out'), { ...common, budget: 900, measure: ['head'] });
  const placed = { ...asked, folder: '../letters' };
  const preset = comparisonPreset(
    { ...common, dataset: 'letters', imageSize: 32, measures: ['head'], batchSize: 8 },
    plan,
  );
  const costs = ['CE', 'CLCE'].map((title) => ({ title, secondsPerStep: 0.1, overheadSeconds: 5 }));
  const record = { asked: placed, pictures: letters.manifestHash, costs, positives: 0.8, plan, twice: plan };
  await writePlan(at('out'), record, preset, suiteFileOf(placed, 'letters'));
});

it('a comparison that has finished gives the weights of the recommended loss afterwards', async () => {
  const first = await compare();
  expect(first.exitCode, first.stderr).toBe(0);
  expect(existsSync(at('out/best.safetensors'))).toBe(false);
  const { exitCode, stdout, stderr } = await compare('--save-weights');
  expect(exitCode, stderr).toBe(0);
  expect(stderr).toMatch(/training letters · fold 0 of 2 .* once more, for its weights/);
  expect(stdout).toMatch(
    /out\/best\.safetensors holds the network that letters · fold 0 of 2 .* trained; best\.md is its card\./,
  );
  expect(existsSync(at('out/best.py'))).toBe(false);
});

it('predicts its held-out pictures as the result has it, and the card has their accuracy', async () => {
  const card = readFileSync(at('out/best.md'), 'utf8');
  const [, key] = /as cell `([0-9a-f]+)`/.exec(card) ?? [];
  const ledger = openLedger({ directory: at('runs'), parseResult: parseCellResult });
  const stored = await ledger.read(key!);
  if (stored.state !== 'present') throw new TypeError(`${key} is not in the ledger`);
  const { result, spec } = stored.record as typeof stored.record & { spec: CellSpec };
  const score = result.scores.find(({ classifier }) => classifier === 'head');
  if (score?.kind !== 'transfer') throw new TypeError('expected the score of the head');
  const rows = [...testedRows(letters, spec)];
  const paths = rows.map((row) => letters.samples[row]!.id);
  for (const path of paths) {
    mkdirSync(dirname(at('held-out', path)), { recursive: true });
    cpSync(at('letters', path), at('held-out', path));
  }
  const { exitCode, stderr } = await clce('predict', 'held-out', '--weights', 'out/best.safetensors');
  expect(exitCode, stderr).toBe(0);
  const predicted = csvRecords(readFileSync(at('predictions.csv'), 'utf8'), 'predictions.csv');
  const byPath = new Map(predicted.map((row) => [row['path'], row['class']]));
  expect(paths.map((path) => byPath.get(path))).toEqual(
    score.predicted!.map((label) => score.classes[label]),
  );
  expect(predicted).toHaveLength(paths.length);

  const right = paths.filter((path) => byPath.get(path) === path.split('/')[0]).length;
  expect(card).toContain(`says the right class of ${right} of ${paths.length} pictures`);
  for (const [label, name] of score.classes.entries()) {
    expect(card).toContain(`| ${label} | ${name} | ${score.tested[label]} | ${score.correct[label]} |`);
  }
  expect(card).toContain('byte for byte');
  expect(card).toContain('Neither torchvision nor timm builds conv4');
  expect(card).toContain('Training started from random weights.');
  const { metadata } = await openWeightFile(at('out/best.safetensors'));
  expect(JSON.parse(metadata!['tested']!)).toEqual({ correct: right, pictures: paths.length });
});

it('weights that the ledger has are taken as they are, unless they are of another result', async () => {
  const card = readFileSync(at('out/best.md'), 'utf8');
  const [, key] = /as cell `([0-9a-f]+)`/.exec(card) ?? [];
  const kept = at('runs', key!, 'weights.safetensors');
  const bytes = readFileSync(at('out/best.safetensors'));
  for (const [weights, isTaken] of [
    [bytes, true],
    [Buffer.from(bytes.toString('latin1').replace(/correct\\":\d/, 'correct\\":0'), 'latin1'), false],
  ] as const) {
    expect(weights.equals(bytes)).toBe(isTaken);
    writeFileSync(kept, weights);
    rmSync(at('out/best.safetensors'));
    const { exitCode, stderr } = await compare('--save-weights');
    expect(exitCode, stderr).toBe(0);
    expect(stderr.includes('once more, for its weights')).toBe(!isTaken);
    expect(readFileSync(at('out/best.safetensors')).equals(bytes)).toBe(true);
  }
});
