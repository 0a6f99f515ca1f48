/** Cells on a folder of pictures, from the preset to the results. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  addDatasetAdapter,
  counterRandom,
  type Dataset,
  getDataset,
  pictureFolder,
  splitWithReserve,
} from '@clce/datasets';
import { parseCellResult } from '@clce/results';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testedRows } from './evaluation/tested-rows.ts';
import { runCell } from './run-cell.ts';
import { type CellSpec, expand } from './suite/cell.ts';
import { checkDataset } from './suite/check-dataset.ts';
import { checkPreset } from './suite/check-preset.ts';
import { pngOf } from './testing/png.ts';
import { tinyPreset } from './testing/tiny-preset.ts';

const confirmation = () =>
  checkPreset({
    ...tinyPreset,
    datasets: ['my-pictures'],
    losses: [{ name: 'ce' }, { name: 'clce' }],
    split: { side: 'confirmation', folds: 2, use: [1], holds: 'samples' },
    protocol: {
      kind: 'transfer',
      partition: 'test',
      validationShare: 0.2,
      checkpoints: 0,
      classifiers: ['head', 'k-nn'],
      referenceSamples: 200,
      seed: 5,
    },
  });

let root: string;
let dataset: Dataset;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'clce-my-pictures-'));
  const folder = join(root, 'photos');
  // Noise on a ground of the class's colour.
  const random = counterRandom(3);
  for (const at of [0, 1, 2]) {
    mkdirSync(join(folder, `class ${at}`), { recursive: true });
    for (let one = 0; one < 16; one++) {
      const level = (i: number) => (i % 3 === at ? 160 : 0) + random.below(96, 0, 100 * at + one, i);
      const rgb = Uint8Array.from({ length: 16 * 16 * 3 }, (_, i) => level(i));
      writeFileSync(join(folder, `class ${at}`, `${one}.png`), pngOf(rgb, 16));
    }
  }
  addDatasetAdapter(pictureFolder({ name: 'my-pictures', folder }));
  dataset = await getDataset('my-pictures').load({ dataRoot: root, size: 16 });
});
afterAll(() => rmSync(root, { recursive: true }));

const cells = () => expand(confirmation(), new Map([['my-pictures', dataset.manifestHash]]));

describe('a transfer cell without checkpoints', () => {
  it('tests the last weights on the reserve, and trains on everything else', async () => {
    await checkDataset(confirmation(), dataset);
    const [pixels, training] = cells();
    expect(training!.label).toBe(
      'my-pictures · fold 1 of 2 · samples held out · conv4 · CE · batch 16 · seed 3',
    );
    expect(training!.facts.split).toEqual({ kind: 'confirmation', fold: 1, folds: 2, holds: 'samples' });
    expect(training!.spec.dataset.split).toEqual({
      rule: 1,
      side: 'confirmation',
      folds: 2,
      fold: 1,
      holds: 'samples',
    });
    const { samples } = splitWithReserve(dataset, {
      side: 'confirmation',
      folds: 2,
      fold: 1,
      holds: 'samples',
    });
    const sides = new Set(samples.map(({ partition }) => partition));
    expect(sides).toEqual(new Set(['train', 'test']));
    const tested = [0, 1, 2].map(
      (label) => samples.filter((one) => one.label === label && one.partition === 'test').length,
    );
    for (const { spec } of [pixels!, training!]) {
      const result = await runCell(spec, { dataRoot: root, threads: 1 });
      expect(result.scores.length).toBeGreaterThan(0);
      for (const score of result.scores) expect(score).toMatchObject({ kind: 'transfer', tested });
      expect(result.training ?? {}).not.toHaveProperty('checkpoints');
      expect(parseCellResult(JSON.parse(JSON.stringify(result)), spec)).toEqual(result);
      if (result.training === null) continue;
      const chosen = { ...result, training: { ...result.training, checkpoints: [{ step: 4, accuracy: 1 }] } };
      expect(() => parseCellResult(chosen, spec)).toThrow(
        'result.training.checkpoints: the protocol asks for 0, and the record has 1',
      );
      const withCheckpoints = { ...spec, protocol: { ...spec.protocol, checkpoints: 2 } };
      expect(() => parseCellResult(result, withCheckpoints)).toThrow(
        'the protocol asks for 2, and the record has none',
      );
    }
  });

  it('holds the predicted class of each tested picture, where they are asked for', async () => {
    const { protocol, ...preset } = confirmation();
    const asked = checkPreset({ ...preset, protocol: { ...protocol, predictions: true } });
    const [, { spec }] = expand(asked, new Map([['my-pictures', dataset.manifestHash]])) as [
      unknown,
      { spec: CellSpec },
    ];
    const { scores } = await runCell(spec, { dataRoot: root, threads: 1 });
    const labels = Array.from(testedRows(dataset, spec), (row) => dataset.samples[row]!.label);
    for (const score of scores) {
      if (score.kind !== 'transfer') throw new TypeError('expected the scores of transfer');
      const { predicted = [], correct, tested } = score;
      expect(predicted).toHaveLength(labels.length);
      const right = [0, 1, 2].map((label) =>
        labels.filter((own, at) => own === label && predicted[at] === label),
      );
      expect(right.map(({ length }) => length)).toEqual(correct);
      expect([0, 1, 2].map((label) => labels.filter((own) => own === label).length)).toEqual(tested);
      expect(() =>
        parseCellResult({ scores: [score], training: null, quality: null }, cells()[1]!.spec),
      ).toThrow(/has predictions, which the protocol does not ask for/);
    }
  });

  it('has its validation samples in development, where a recipe is chosen', async () => {
    const { protocol, ...preset } = confirmation();
    const development = checkPreset({
      ...preset,
      split: { side: 'development', holds: 'samples' },
      protocol: { ...protocol, partition: 'validation' },
    });
    await checkDataset(development, dataset);
    const [, training] = expand(development, new Map([['my-pictures', dataset.manifestHash]]));
    const result = await runCell(training!.spec, { dataRoot: root, threads: 1 });
    const { samples } = splitWithReserve(dataset, { side: 'development', holds: 'samples' });
    const validated = samples.filter(({ partition }) => partition === 'validation').length;
    expect(validated).toBeGreaterThan(3);
    for (const score of result.scores) {
      if (score.kind === 'transfer') expect(score.tested.reduce((sum, count) => sum + count)).toBe(validated);
    }
  });
});

describe('what is held out', () => {
  it('must be what the protocol measures', () => {
    const { protocol } = confirmation();
    const seenClasses = { classifiers: ['k-nn'], referenceSamples: 10 };
    for (const [holds, measured, fault] of [
      [
        'classes',
        protocol,
        '"classes" does not fit the protocol: it measures new samples of trained classes',
      ],
      [
        'classes',
        { ...tinyPreset.protocol, seenClasses },
        '"classes" does not fit the protocol: it measures new samples',
      ],
      ['samples', tinyPreset.protocol, '"samples" does not fit the protocol: it measures episodes'],
    ] as const) {
      const preset = {
        ...confirmation(),
        split: { side: 'confirmation', folds: 2, holds },
        protocol: measured,
      };
      expect(() => checkPreset(preset)).toThrow(`split.holds: ${fault}`);
    }
    const fitting = {
      ...confirmation(),
      split: { side: 'confirmation', folds: 2, holds: 'classes' },
      protocol: tinyPreset.protocol,
    };
    expect(checkPreset(fitting).split).toEqual({ side: 'confirmation', folds: 2, holds: 'classes' });
  });

  it('is refused in one line where the folder has too few classes for it', async () => {
    const few = checkPreset({
      ...confirmation(),
      split: { side: 'confirmation', folds: 2, holds: 'classes' },
      protocol: tinyPreset.protocol,
    });
    await expect(checkDataset(few, dataset)).rejects.toThrow(
      'my-pictures has 1 families of classes for confirmation, which make no folds, not 2.',
    );
  });
});
