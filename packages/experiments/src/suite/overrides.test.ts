import { UserError } from '@clce/registry';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tinyPreset } from '../testing/tiny-preset.ts';
import { checkPreset } from './check-preset.ts';
import { applyOverrides } from './overrides.ts';
import type { Preset } from './preset.ts';
import { requireRead } from './read-entries.ts';
import { SuiteError } from './suite-error.ts';

const preset: Preset = {
  ...tinyPreset,
  losses: [{ name: 'ce' }, { name: 'ce+supcon' }, { name: 'clce', parameters: { hardness: 2 } }],
  seeds: [0, 1],
};

const checked = (overrides: Parameters<typeof applyOverrides>[1]) =>
  checkPreset(applyOverrides(preset, overrides));

describe('overrides', () => {
  it('replace lists, numbers and the parameters of the losses that have them', () => {
    const { seeds, recipe, losses } = checked({
      seeds: [7],
      set: ['recipe.budget.steps=20', 'loss.lambda=0.5'],
    });
    expect(seeds).toEqual([7]);
    expect(recipe.budget).toEqual({ steps: 20 });
    expect(losses).toEqual([
      { name: 'ce' },
      { name: 'ce+supcon', parameters: { lambda: 0.5 } },
      { name: 'clce', parameters: { hardness: 2, lambda: 0.5 } },
    ]);
  });

  it('set what the recipe leaves out, and change what its budget is counted in', () => {
    const { recipe } = checked({ set: ['recipe.microBatch=16', 'recipe.budget={"epochs":2}'] });
    expect(recipe).toEqual({ ...preset.recipe, microBatch: 16, budget: { epochs: 2 } });
  });

  it.each([
    ['recipe.budget.epochs=0.5', { epochs: 0.5 }],
    ['recipe.budget.samples=30', { samples: 30 }],
    ['recipe.budget={ epochs: 2 }', { epochs: 2 }],
  ])('%s: one unit of a budget replaces the other', (assignment, budget) => {
    expect(checked({ set: [assignment] }).recipe.budget).toEqual(budget);
  });

  it('read values as YAML: numbers, booleans, lists, maps and words', () => {
    const { recipe, protocol, losses } = checked({
      set: [
        'recipe.learningRate=3e-3',
        'recipe.crop=false',
        'recipe.optimizer=sgd',
        'recipe.colourJitter={ hue: 0.1, contrast: 0.4 }',
        'protocol.classifiers=[nearest-centroid, logistic-regression]',
        'losses=[{ name: ce }, { name: clce, title: ours }]',
      ],
    });
    expect(recipe).toMatchObject({
      learningRate: 0.003,
      crop: false,
      optimizer: 'sgd',
      colourJitter: { hue: 0.1, contrast: 0.4 },
    });
    expect(protocol.classifiers).toEqual(['nearest-centroid', 'logistic-regression']);
    expect(losses).toEqual([{ name: 'ce' }, { name: 'clce', title: 'ours' }]);
  });

  it('reach the recipe of a backbone, whatever its name has in it', () => {
    const backbone = 'mobilenetv2-openimages';
    const own = { ...preset, backbones: [backbone], recipes: { [backbone]: { learningRate: 0.1 } } };
    const set = [`recipes.${backbone}.learningRate=0.2`, `recipes.${backbone}.warmup=0.5`];
    expect(checkPreset(applyOverrides(own, { set })).recipes).toEqual({
      [backbone]: { learningRate: 0.2, warmup: 0.5 },
    });
  });

  it('name the engine that an open choice takes', () => {
    expect(checked({ engine: 'auto' }).engine).toBe('onnx');
  });

  it('are held to what each backbone is trained with', () => {
    const recipes = { conv4: { dropPath: 0.1 } };
    expect(() => checkPreset({ ...preset, recipes })).toThrow(
      /recipe\.dropPath: conv4 has no residual branches/,
    );
  });

  it('leave the preset itself as it was', () => {
    const before = structuredClone(preset);
    checked({ set: ['recipe.budget.steps=20', 'loss.temperature=0.1'] });
    expect(preset).toEqual(before);
  });

  it('keep the parameters that the preset gives a chosen loss', () => {
    expect(checked({ losses: ['clce'] }).losses).toEqual([{ name: 'clce', parameters: { hardness: 2 } }]);
  });

  it.each([
    [{ losses: ['clcee'] }, /clcee.*Did you mean "clce"/],
    [{ datasets: ['icon'] }, /icon.*icons/],
    [{ backbones: ['conv5'] }, /conv5.*conv4/],
    [{ engine: 'gpu' }, /gpu.*onnx/],
    [{ weights: ['resnet12=x'] }, /resnet12.*conv4/],
    [{ weights: ['conv4'] }, /name=file/],
    [{ frozen: ['model.onnx'] }, /name=file/],
    [{ set: ['loss.lambda=1.5'] }, /lambda.*1\.5/],
    [{ set: ['loss.temperature=0'] }, /temperature.*0/],
    [{ set: ['loss.margin=1'] }, /margin.*lambda/],
    [{ set: ['recipe.budget.stepz=1'] }, /recipe\.budget\.stepz.*steps/],
    [{ set: ['recipe.budget=ten'] }, /recipe\.budget.*steps.*samples.*epochs/],
    [{ set: ['nothing'] }, /path=value, such as recipe\.budget\.steps=100/],
    [{ set: ['protocol.shots=[1'] }, /^--set protocol\.shots=\[1: /],
    [{ set: ['recipe.budget={ steps: 1, steps: 2 }'] }, /^--set .*unique/],
    [{ set: ['seeds=*nowhere'] }, /^--set seeds=\*nowhere: .*alias/],
    [{ set: ['recipe.budget.steps=ten'] }, /recipe\.budget/],
    [{ seeds: [0, 1, 0] }, /^seeds: 0 is listed twice$/],
    [{ datasets: ['icons', 'icons'] }, /^datasets: icons is listed twice$/],
    [
      { datasets: ['flowers102', 'oxford-102-flowers'] },
      /^datasets: oxford-102-flowers is listed twice, as flowers102 and oxford-102-flowers$/,
    ],
    [{ backbones: ['conv4', 'conv4'] }, /^backbones: conv4 is listed twice$/],
    [{ batchSizes: [16, 16] }, /^batchSizes: 16 is listed twice$/],
    [{ set: ['protocol.shots=[1, 5, 1]'] }, /^protocol\.shots: 1 is listed twice$/],
    [
      { set: ['protocol.classifiers=[nearest-centroid, nearest-centroid]'] },
      /^protocol\.classifiers: nearest-centroid is listed twice$/,
    ],
    [{ set: ['recipe.warmup=1'] }, /recipe\.warmup/],
    [{ set: ['protocol.classifiers=["svm"]'] }, /svm.*nearest-centroid/],
  ])('%j is refused in one line that names the culprit and the choices', (overrides, message) => {
    expect(() => checked(overrides)).toThrow(message);
    expect(() => checked(overrides)).toThrow(/^[^\n]*$/);
  });

  it.each([
    [{ losses: ['ce', 'ce'] }, /^losses: ce is listed twice$/],
    [{ set: ['losses=[{ name: ce, title: none }]'] }, /^losses: tables call a baseline "none"/],
    [{ frozen: ['conv4=model.onnx'] }, /^frozen: a baseline or a backbone is called "conv4"/],
    [{ frozen: ['raw pixels=model.onnx'] }, /^frozen: a baseline or a backbone is called "raw pixels"/],
    [{ set: ['losses=[{ name: ce }, { name: ce, title: again }]'] }, /^losses: ce is listed twice$/],
    [{ set: ['loss.__proto__=1'] }, /loss\.__proto__: no loss of this run has it/],
    [{ set: ['loss.toString=1'] }, /loss\.toString: no loss of this run has it/],
    [{ set: ['loss.temperatur=1'] }, /Did you mean "temperature"/],
    [
      { set: ['recipe.learningrate=1'] },
      /unknown entry of recipe "learningrate"\. Did you mean "learningRate"/,
    ],
    [{ set: ['recipes={ conv4: { learningrate: 1 } }'] }, /^recipes\.conv4: .*Did you mean "learningRate"/],
    [{ set: ['protocol.partition=test'] }, /unknown entry of protocol "partition"/],
    [{ set: ['seeds.0=1'] }, /seeds has no entries/],
    [{ set: ['sedes=[1]'] }, /unknown entry "sedes"\. Did you mean "seeds"/],
    [{ set: ['recipes={ __proto__: { learningRate: 1 } }'] }, /^recipes: no entry can be called "__proto__"/],
    [
      { set: ['losses=[{ name: ce, title: "\\e]0;x\\a" }]'] },
      /^losses\.0\.title: "\\u001b\]0;x\\u0007" has a character/,
    ],
    [{ set: ['losses=[{ name: ce, title: "two\\nlines" }]'] }, /^losses\.0\.title: .*expected one line/],
    [{ set: ['note="\\u202e"'] }, /^note: "\\u202e" has a character/],
  ])('%j is refused too', (overrides, message) => {
    expect(() => checked(overrides)).toThrow(message);
    expect(() => checked(overrides)).toThrow(/^[^\n]*$/);
    expect(() => checked(overrides)).toThrow(SuiteError);
  });

  it('reach entries that the preset leaves out', () => {
    const { recipe, recipes, note } = checked({
      set: ['recipe.colourJitter.hue=0.1', 'recipes.conv4.warmup=0.5', 'note=ours'],
    });
    expect(recipe.colourJitter).toEqual({ hue: 0.1 });
    expect(recipes).toEqual({ conv4: { warmup: 0.5 } });
    expect(note).toBe('ours');
  });

  it('no path and no value reaches a prototype', () => {
    const key = fc.constantFrom(
      '__proto__',
      'constructor',
      'prototype',
      'toString',
      'recipe',
      'losses',
      '0',
      'loss',
    );
    const word = fc.constantFrom(
      '1',
      '{ __proto__: { polluted: 1 } }',
      '{ constructor: { prototype: 1 } }',
      '[1, 1]',
    );
    const before = [Object.prototype, Function.prototype, Array.prototype].map((one) => Reflect.ownKeys(one));
    fc.assert(
      fc.property(fc.array(key, { minLength: 1, maxLength: 4 }), word, (keys, value) => {
        expect(() => checked({ set: [`${keys.join('.')}=${value}`] })).toThrow(UserError);
        expect(
          [Object.prototype, Function.prototype, Array.prototype].map((one) => Reflect.ownKeys(one)),
        ).toEqual(before);
      }),
      { seed: 14, numRuns: 300 },
    );
  });

  it('every list of a preset refuses an entry that stands twice', () => {
    const transfer = {
      ...preset,
      protocol: {
        ...{
          kind: 'transfer',
          partition: 'test',
          validationShare: 0.1,
          checkpoints: 2,
          referenceSamples: 10,
          seed: 0,
        },
        classifiers: ['k-nn', 'head'],
      },
    };
    for (const whole of [preset, transfer]) {
      const lists = listsIn(whole);
      expect(lists.length).toBeGreaterThan(5);
      fc.assert(
        fc.property(fc.constantFrom(...lists), fc.nat(), fc.nat(), (path, from, to) => {
          const changed = structuredClone(whole) as unknown;
          const list = path.reduce(
            (value, key) => (value as Record<string, unknown>)[key],
            changed,
          ) as unknown[];
          list.splice(to % (list.length + 1), 0, list[from % list.length]);
          expect(() => checkPreset(changed)).toThrow(new RegExp(`^${path.join('\\.')}: .* is listed twice$`));
        }),
        { seed: 3, numRuns: 200 },
      );
    }
  });

  it('that no step reads are refused', () => {
    const own = { ...preset, recipes: { conv4: { learningRate: 0.1 } } };
    const read = (base: Preset, set: readonly string[]) => {
      const changed = checkPreset(applyOverrides(base, { set }));
      requireRead(base, { set }, changed);
      return changed;
    };
    expect(() => read(own, ['recipe.learningRate=0.2'])).toThrow(
      '--set recipe.learningRate=0.2: no step of this run reads it, because another entry takes its place; leave it out',
    );
    expect(() => read(preset, ['recipe.baseBatchSize=32'])).toThrow(/baseBatchSize=32: no step/);
    expect(() => read(preset, ['recipe.microBatch=64'])).toThrow(/microBatch=64: no step/);
    expect(() => read(preset, ['recipe.resizedCrop=[0.5, 1]', 'recipe.crop=false'])).toThrow(
      /crop=false: no step/,
    );
    expect(
      read(preset, ['recipe.baseBatchSize=32', 'recipe.learningRateRule=linear']).recipe.baseBatchSize,
    ).toBe(32);
    expect(read(preset, [`recipe.learningRate=${preset.recipe.learningRate}`]).recipe).toEqual(preset.recipe);
    expect(read(preset, ['note=ours']).note).toBe('ours');
  });

  it('that are the default already are accepted', () => {
    const { horizontalFlip: _, ...recipe } = preset.recipe;
    const base = { ...preset, recipe };
    for (const set of ['recipe.horizontalFlip=true', 'loss.temperature=0.5', 'loss.hardness=2']) {
      const changed = checkPreset(applyOverrides(base, { set: [set] }));
      expect(() => requireRead(base, { set: [set] }, changed)).not.toThrow();
    }
  });

  it('drop path is refused where there is nothing to drop', () => {
    const drop = { set: ['recipe.dropPath=0.15'] };
    expect(checked({ ...drop, backbones: ['vit-tiny'] }).recipe.dropPath).toBe(0.15);
    expect(() => checked(drop)).toThrow(
      'recipe.dropPath: conv4 has no residual branches that could be dropped',
    );
  });
});

/** Places of all lists, at any depth. */
function listsIn(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (Array.isArray(value)) return [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, entry]) => listsIn(entry, [...path, key]));
}
