/** Checks the presets on which the first command on a fresh machine relies. */
import { readFileSync } from 'node:fs';
import { getSource } from '@clce/datasets';
import { checkPreset, expand, getPreset, isTuned, type Suite, trialsOf } from '@clce/experiments';
import { describe, expect, it } from 'vitest';
import ablation from './ablation.ts';
import batchSize from './batch-size.ts';
import fewshot from './fewshot.ts';
import horizon from './horizon.ts';
import mechanism from './mechanism.ts';
import transfer from './transfer.ts';

const suites = [fewshot, transfer, batchSize, horizon, mechanism, ablation];

describe.each(suites.map((suite) => [suite.name, suite] as const))('%s', (_, suite: Suite) => {
  it('has presets without a mistake', () => {
    for (const name of Object.keys(suite.presets)) {
      const preset = getPreset(suite, name);
      expect(checkPreset(preset)).toEqual(preset);
      expect(checkPreset(suite.presets[name])).toEqual(preset);
    }
  });

  it('has as default a demonstration on embedded data, with a note that says so', () => {
    const preset = getPreset(suite);
    for (const name of preset.datasets) expect(getSource(name), name).toBeUndefined();
    expect(preset.seeds).toHaveLength(3);
    expect(preset.note).toMatch(/demonstration.*results\/README\.md/);
  });
});

it('no cell depends on the note of its preset', () => {
  const { note: _, ...plain } = getPreset(fewshot);
  const manifests = new Map([['icons', 'hash']]);
  expect(expand(getPreset(fewshot), manifests)).toEqual(expand(plain, manifests));
});

const trained = (suite: Suite, name: string) => {
  const preset = checkPreset(getPreset(suite, name));
  const cells = expand(preset, new Map(preset.datasets.map((dataset) => [dataset, 'hash'])));
  return cells.flatMap(({ spec, facts }) =>
    spec.kind === 'training' && facts.kind === 'training' ? [{ spec, facts }] : [],
  );
};

it('a cell’s facts say what its scores are measured on', () => {
  const sides = (suite: Suite, name: string) =>
    new Set(trained(suite, name).map(({ facts }) => facts.evaluatedOn));
  expect(sides(fewshot, 'quick')).toEqual(new Set(['novel']));
  expect(sides(fewshot, 'spread')).toEqual(new Set(['validation']));
  expect(sides(transfer, 'quick')).toEqual(new Set(['test']));
});

it('the default of batch-size and fixed-steps have as many steps at every batch size', () => {
  for (const name of ['quick', 'fixed-steps']) {
    const budgets = trained(batchSize, name).map(({ spec }) => JSON.stringify(spec.recipe.budget));
    expect(new Set(budgets).size, name).toBe(1);
    expect(budgets[0], name).toMatch(/^\{"steps":/);
  }
});

it('groups has one batch size, four groups of each contrastive loss, and CE once', () => {
  const cells = trained(batchSize, 'groups').filter(({ facts }) => facts.seed === 0);
  expect(new Set(cells.map(({ facts }) => facts.batchSize))).toEqual(new Set([512]));
  expect(cells.map(({ facts }) => [facts.loss, facts.contrastiveGroup])).toEqual([
    ['CE', null],
    ...['CE + SupCon', 'CLCE'].flatMap((loss) => [
      [`${loss}, group = 16`, 16],
      [`${loss}, group = 64`, 64],
      [`${loss}, group = 256`, 256],
      [loss, null],
    ]),
  ]);
});

it('horizon has T, 2T and 4T steps of each loss, on validation classes', () => {
  for (const [name, steps] of [
    ['quick', 100],
    ['standard', 400],
  ] as const) {
    const cells = trained(horizon, name).filter(({ facts }) => facts.seed === 0 && facts.dataset === 'icons');
    expect(cells.map(({ facts }) => facts.loss)).toEqual(
      [steps, 2 * steps, 4 * steps].flatMap((one) =>
        ['CE', 'CE + SupCon', 'CLCE'].map((loss) => `${loss}, ${one} steps`),
      ),
    );
    for (const { spec, facts } of cells) {
      expect(spec.protocol).toMatchObject({ classes: 'validation' });
      expect(facts.evaluatedOn).toBe('validation');
    }
  }
});

it('mechanism crosses three factors, and its temperatures are those of both losses', () => {
  const factors = trained(mechanism, 'factors').filter(
    ({ spec, facts }) => facts.seed === 0 && spec.loss.name === 'clce',
  );
  const levels = factors.map(({ spec: { backbone, recipe, loss } }) =>
    JSON.stringify([backbone, recipe.samplesPerClass, loss.parameters['hardness']]),
  );
  expect(new Set(levels).size).toBe(8);
  const temperaturesOf = (name: string, hardness?: number) =>
    trained(mechanism, 'temperatures')
      .filter(({ spec, facts }) => facts.seed === 0 && spec.loss.name === name)
      .filter(({ spec }) => hardness === undefined || spec.loss.parameters['hardness'] === hardness)
      .map(({ spec }) => spec.loss.parameters['temperature']);
  const [supCon, plain, hard] = [
    temperaturesOf('ce+supcon'),
    temperaturesOf('clce', 0),
    temperaturesOf('clce', 1),
  ];
  expect(supCon.length).toBeGreaterThan(1);
  expect([plain, hard]).toEqual([supCon, supCon]);
});

it('transfer takes embedded sets, and Fashion-MNIST by name alone', () => {
  const setsOf = (name: string) => getPreset(transfer, name).datasets;
  for (const name of ['quick', 'standard']) {
    expect(setsOf(name)).toEqual(['icons-by-author', 'typefaces-by-character']);
  }
  expect(setsOf('fashion-mnist')).toEqual(['fashion-mnist']);
});

describe('commands of package.json', () => {
  const { scripts } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };

  it.each(suites.map(({ name }) => name))('bench:%s runs the suite', (name) => {
    expect(scripts[`bench:${name}`]).toMatch(new RegExp(` bench benchmarks/suites/${name}\\.ts$`));
  });
});

it('docs/gpu.md has the data sets, the cells and the steps of the preset gpu', () => {
  const page = readFileSync(new URL('../../docs/gpu.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `([\w-]+)` \| (.*) \|$/gm)].map(([, dataset, figures]) => ({
    dataset,
    figures: figures!.split(' | ').map((figure) => Number(figure.replace(/about |,/g, ''))),
  }));
  const presets = [fewshot, transfer].map((suite) => ({ suite, preset: getPreset(suite, 'gpu') }));
  expect(rows.map(({ dataset }) => dataset)).toEqual(presets.flatMap(({ preset }) => preset.datasets));
  for (const { suite, preset } of presets) {
    expect(isTuned(preset)).toBe(true);
    if (!isTuned(preset)) continue;
    for (const { dataset, figures } of rows.filter((row) => preset.datasets.includes(row.dataset!))) {
      const [images, steps, cells, all] = figures as [number, number, number, number];
      const confirmed = trained(suite, 'gpu').filter(({ facts }) => facts.dataset === dataset);
      expect(cells, dataset).toBe(trialsOf(preset).length + confirmed.length);
      expect(preset.recipe.budget).toEqual({ epochs: 30 });
      expect(steps, dataset).toBe(30 * Math.floor(images / preset.batchSizes[0]!));
      expect(all, dataset).toBe(steps * cells);
    }
  }
});
