/** Cells of a split with a reserve, from the preset to the results. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Dataset, getDataset, splitWithReserve } from '@clce/datasets';
import { type CellResult, parseCellResult } from '@clce/results';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCell } from './run-cell.ts';
import { expand, type LabelledSpec } from './suite/cell.ts';
import { checkDataset } from './suite/check-dataset.ts';
import { checkPreset } from './suite/check-preset.ts';
import { verdictPlanOf } from './suite/methods/verdict-plan.ts';
import { applyOverrides } from './suite/overrides.ts';
import { tinyPreset } from './testing/tiny-preset.ts';

const seenClasses = { classifiers: ['head', 'k-nn'], referenceSamples: 300 };
const confirmation = checkPreset({
  ...tinyPreset,
  losses: [{ name: 'ce' }, { name: 'supcon' }],
  split: { side: 'confirmation', folds: 8, use: [2, 5] },
  protocol: { ...tinyPreset.protocol, seenClasses },
});
const development = checkPreset({
  ...confirmation,
  split: { side: 'development' },
  protocol: { ...confirmation.protocol, classes: 'validation' },
});

const dataRoot = mkdtempSync(join(tmpdir(), 'clce-reserve-'));
let dataset: Dataset;
beforeAll(async () => {
  cpSync(process.env['CLCE_TEST_ICONS']!, dataRoot, { recursive: true });
  dataset = await getDataset('icons').load({ dataRoot, size: 16 });
});
afterAll(() => rmSync(dataRoot, { recursive: true }));

const cellsOf = (preset: typeof confirmation) => expand(preset, new Map([['icons', dataset.manifestHash]]));
const names = (labels: readonly number[]) => labels.map((label) => dataset.classNames[label]);

describe('confirmation', () => {
  const results = new Map<string, CellResult>();
  let cells: LabelledSpec[];
  beforeAll(async () => {
    cells = cellsOf(confirmation);
    for (const { spec, label } of cells.slice(0, 3)) {
      results.set(label, await runCell(spec, { dataRoot, threads: 1 }));
    }
  });

  it('has a cell of each method and a baseline in each fold that is used', () => {
    expect(cells.map(({ label }) => label)).toEqual(
      [2, 5].flatMap((fold) =>
        ['raw pixels', 'conv4 · CE · batch 16 · seed 3', 'conv4 · SupCon · batch 16 · seed 3'].map(
          (what) => `icons · fold ${fold} of 8 · ${what}`,
        ),
      ),
    );
    expect(cells[1]!.facts.split).toEqual({ kind: 'confirmation', fold: 2, folds: 8 });
    expect(cells[1]!.spec.dataset.split).toEqual({ rule: 1, side: 'confirmation', folds: 8, fold: 2 });
  });

  it('reads one training out twice: novel classes, and unseen authors of the trained ones', () => {
    const { split } = splitWithReserve(dataset, { side: 'confirmation', folds: 8, fold: 2 });
    for (const [label, classifiers] of [
      ['icons · fold 2 of 8 · raw pixels', ['nearest-centroid', 'k-nn']],
      [
        'icons · fold 2 of 8 · conv4 · CE · batch 16 · seed 3',
        ['logistic-regression', 'nearest-centroid', 'head', 'k-nn'],
      ],
      // SupCon trains no head.
      [
        'icons · fold 2 of 8 · conv4 · SupCon · batch 16 · seed 3',
        ['logistic-regression', 'nearest-centroid', 'k-nn'],
      ],
    ] as const) {
      const result = results.get(label)!;
      expect(result.scores.map(({ classifier }) => classifier)).toEqual(classifiers);
      for (const { kind, classes } of result.scores) {
        expect(classes).toEqual(names(kind === 'few-shot' ? split.novel : split.base));
      }
      const { spec } = cells.find((cell) => cell.label === label)!;
      expect(parseCellResult(JSON.parse(JSON.stringify(result)), spec)).toEqual(result);
      const without = { ...result, scores: result.scores.filter(({ classifier }) => classifier !== 'k-nn') };
      expect(() => parseCellResult(without, spec)).toThrow('k-nn, which the protocol asks for, is missing');
    }
  });
});

it('development has folds of its own, and judges by every score where nothing else is said', () => {
  const folded = checkPreset({ ...development, split: { side: 'development', folds: 4, use: [3] } });
  const cells = cellsOf(folded);
  expect(cells.map(({ label }) => label)).toEqual(
    ['raw pixels', 'conv4 · CE · batch 16 · seed 3', 'conv4 · SupCon · batch 16 · seed 3'].map(
      (what) => `icons · development · fold 3 of 4 · ${what}`,
    ),
  );
  expect(cells[1]!.facts.split).toEqual({ kind: 'development', fold: 3, folds: 4 });
  expect(verdictPlanOf(folded)).toEqual({
    margin: 1,
    comparisons: [['SupCon', 'CE']],
    scores: ['1-shot logistic-regression', '1-shot nearest-centroid', 'head', 'k-nn'],
    planned: 4,
  });
  expect(verdictPlanOf(development)).toBeUndefined();
});

it('development validates on its own classes and authors', async () => {
  const [, ce] = cellsOf(development);
  expect(ce!.facts.split).toEqual({ kind: 'development', fold: null, folds: null });
  const { split, samples } = splitWithReserve(dataset, { side: 'development' });
  const { scores } = await runCell(ce!.spec, { dataRoot, threads: 1 });
  const [fewShot] = scores;
  const head = scores.find((score) => score.kind === 'transfer')!;
  expect(fewShot!.classes).toEqual(names(split.validation));
  expect(head.classes).toEqual(names(split.base));
  const validated = samples.filter(
    ({ partition, label }) => partition === 'validation' && split.base.includes(label),
  );
  expect(head.tested.reduce((sum, count) => sum + count, 0)).toBe(validated.length);
});

describe('a preset is refused', () => {
  const refused = (changes: object) => () => checkPreset({ ...confirmation, ...changes });
  const protocol = (changes: object) => ({ protocol: { ...confirmation.protocol, ...changes } });

  it('where it would choose on the reserve, or confirm on development', () => {
    expect(refused(protocol({ classes: 'validation' }))).toThrow(
      'protocol.classes: the split\'s side "confirmation" needs "novel", not "validation"',
    );
    expect(refused({ split: { side: 'development' } })).toThrow(
      'protocol.classes: the split\'s side "development" needs "validation", not "novel"',
    );
  });

  it('with verdicts on methods or scores that it does not have, or without folds', () => {
    const verdicts = { margin: 1, comparisons: [['SupCon', 'CE']], scores: ['head'] };
    expect(refused({ verdicts })).not.toThrow();
    expect(refused({ verdicts: { ...verdicts, comparisons: [['CLCE', 'CE']] } })).toThrow(
      /verdicts\.comparisons: unknown method of this run "CLCE"/,
    );
    expect(refused({ verdicts: { ...verdicts, scores: ['5-shot cosine'] } })).toThrow(
      /verdicts\.scores: unknown score of this protocol "5-shot cosine"/,
    );
    expect(refused({ verdicts: { ...verdicts, comparisons: [['CE', 'CE']] } })).toThrow(
      '"CE" is compared with itself',
    );
    expect(refused({ verdicts: { ...verdicts, family: 0 } })).toThrow('verdicts.family: ');
    const both = { ...verdicts, scores: ['head', '1-shot nearest-centroid'] };
    expect(refused({ verdicts: { ...both, family: 2 } })).not.toThrow();
    expect(refused({ verdicts: { ...both, family: 1 } })).toThrow(
      'verdicts.family: this table alone has 2 comparisons, got 1',
    );
    const { split: _, ...official } = { ...confirmation, verdicts };
    expect(() => checkPreset(official)).toThrow('verdicts: only folds are judged');
  });

  it('not for comparisons of methods that flags leave out', () => {
    const comparisons = [
      ['CLCE', 'CE'],
      ['SupCon', 'CE'],
    ] as [string, string][];
    const preset = { ...confirmation, losses: [{ name: 'ce' }, { name: 'supcon' }, { name: 'clce' }] };
    const judged = (losses: string[]) => {
      const declared = { ...preset, verdicts: { margin: 2, comparisons } };
      return checkPreset(applyOverrides(declared, { losses })).verdicts;
    };
    expect(judged(['ce', 'clce'])).toEqual({ margin: 2, comparisons: [['CLCE', 'CE']] });
    expect(judged(['supcon', 'clce'])).toEqual({ margin: 2 });
  });

  it('with a fold that is not there or there twice', () => {
    expect(refused({ split: { side: 'confirmation', folds: 8, use: [8] } })).toThrow(
      'split.use: 8 folds are numbered from 0 to 7; there is no fold 8',
    );
    expect(refused({ split: { side: 'confirmation', folds: 8, use: [1, 1] } })).toThrow('1 is listed twice');
  });

  it('where its data cannot be read out so', async () => {
    const { split: _, ...official } = confirmation;
    await expect(checkDataset(official, dataset)).rejects.toThrow(
      'icons has no test samples of trained classes',
    );
    await expect(
      checkDataset({ ...confirmation, split: { side: 'confirmation', folds: 60 } }, dataset),
    ).rejects.toThrow(/which make 2 to 24 folds, not 60/);
    await expect(
      checkDataset(
        {
          ...development,
          protocol: { ...development.protocol, query: 15, shots: [5] },
        } as typeof development,
        dataset,
      ),
    ).rejects.toThrow(/samples, but 5-shot episodes with 15 queries a class need 20/);
  });
});
