import { describe, expect, it } from 'vitest';
import { tinyPreset } from '../../testing/tiny-preset.ts';
import { expand } from '../cell.ts';
import { checkPreset } from '../check-preset.ts';
import { parsePresetFile } from '../file/preset-file.ts';
import { applyOverrides, type Overrides } from '../overrides.ts';
import type { Method, Preset } from '../preset.ts';
import { requireRead } from '../read-entries.ts';
import { SuiteError } from '../suite-error.ts';
import { titleOf } from './title.ts';

const swept = (sweep: string[], overrides: Overrides = {}, preset: Preset = tinyPreset) => {
  const all = { ...overrides, sweep };
  const changed = checkPreset(applyOverrides(preset, all));
  requireRead(preset, all, changed);
  return changed;
};
const titles = (...given: Parameters<typeof swept>) => swept(...given).losses.map(titleOf);
const withLosses = (losses: Method[]): Preset => ({ ...tinyPreset, losses });

describe('a sweep', () => {
  it('of a parameter has a row for each value, of each loss that has it', () => {
    expect(titles(['loss.hardness=0,1,2'])).toEqual([
      'CE',
      'CE + SupCon',
      'CLCE, β = 0',
      'CLCE, β = 1',
      'CLCE, β = 2',
    ]);
    expect(titles(['loss.form=in,out'], { losses: ['clce'] })).toEqual([
      'CLCE, form = in',
      'CLCE, form = out',
    ]);
  });

  it('of two entries is a grid, and its rows are cells of their own', () => {
    const { losses, ...preset } = swept(['loss.lambda=0.1,0.9', 'loss.temperature=0.1,0.5'], {
      losses: ['ce', 'clce'],
    });
    expect(losses.map(titleOf)).toEqual([
      'CE',
      'CLCE, λ = 0.1, τ = 0.1',
      'CLCE, λ = 0.1, τ = 0.5',
      'CLCE, λ = 0.9, τ = 0.1',
      'CLCE, λ = 0.9, τ = 0.5',
    ]);
    const cells = expand({ ...preset, losses }, new Map([['icons', 'hash']])).slice(1);
    expect(new Set(cells.map(({ spec }) => JSON.stringify(spec))).size).toBe(5);
    expect(cells[1]!.label).toBe('icons · conv4 · CLCE, λ = 0.1, τ = 0.1 · batch 16 · seed 3');
  });

  it('of the recipe has a row for each value of every loss', () => {
    const { losses } = swept(['recipe.learningRate=0.001,3e-3'], { losses: ['ce', 'clce'] });
    expect(losses.map(titleOf)).toEqual([
      'CE, learningRate = 0.001',
      'CE, learningRate = 0.003',
      'CLCE, learningRate = 0.001',
      'CLCE, learningRate = 0.003',
    ]);
    expect(losses[1]!.recipe).toEqual({ learningRate: 0.003 });
  });

  it('reaches inside of an entry, with the others that are there', () => {
    const recipe = { ...tinyPreset.recipe, colourJitter: { brightness: 0.4 } };
    const { losses } = swept(
      ['recipe.colourJitter.hue=0.1,0.2', 'recipe.budget.epochs=1,2'],
      { losses: ['ce'] },
      { ...tinyPreset, recipe },
    );
    expect(losses[0]).toEqual({
      name: 'ce',
      title: 'CE, colourJitter.hue = 0.1, 1 epoch',
      recipe: { colourJitter: { brightness: 0.4, hue: 0.1 }, budget: { epochs: 1 } },
    });
  });

  it('leaves a row with a value of its own as it is', () => {
    const fixed = { name: 'clce', title: 'CLCE at its defaults', parameters: { lambda: 0.9 } };
    const preset = withLosses([{ name: 'ce' }, { name: 'clce' }, fixed]);
    expect(titles(['loss.lambda=0.1,0.5'], {}, preset)).toEqual([
      'CE',
      'CLCE, λ = 0.1',
      'CLCE, λ = 0.5',
      'CLCE at its defaults',
    ]);
    expect(() => titles(['loss.lambda=0.1,0.9'], {}, preset)).toThrow(
      '--sweep loss.lambda=0.1,0.9: "CLCE, λ = 0.9" and "CLCE at its defaults" are the same method; leave one of them out',
    );
  });

  it.each([
    [
      ['loss.margin=1,2'],
      /^--sweep loss\.margin=1,2: no loss of this run has it; unknown parameter "margin"/,
    ],
    [['loss.lamda=1,2'], /^--sweep loss\.lamda=1,2: .*Did you mean "lambda"/],
    [['loss.lambda=0.1,2'], /^--sweep loss\.lambda=0\.1,2: lambda must be a number in \[0, 1\], got 2$/],
    [['loss.lambda=0.1,0.1'], /^--sweep loss\.lambda=0\.1,0\.1: 0\.1 is listed twice$/],
    [['loss.lambda=0.1', 'loss.lambda=0.5'], /^--sweep loss\.lambda=0\.5: loss\.lambda is swept twice$/],
    [['loss.lambda='], /^--sweep loss\.lambda=: expected entry=values/],
    [['loss.lambda'], /^--sweep loss\.lambda: expected entry=values/],
    [['loss.lambda=[0.1'], /^--sweep loss\.lambda=\[0\.1: /],
    [['seeds=1,2'], /^--sweep seeds=1,2: expected loss\.PARAMETER or recipe\.ENTRY/],
    [['recipe=1'], /^--sweep recipe=1: expected loss\.PARAMETER or recipe\.ENTRY/],
    [['recipe.lerningRate=1'], /unknown entry of recipe "lerningRate"\. Did you mean "learningRate"/],
    [['recipe.warmup.steps=1'], /^--sweep recipe\.warmup\.steps=1: recipe\.warmup has no entries$/],
    [['recipe.budget.stepz=1'], /unknown entry of recipe\.budget "stepz"\. Did you mean "steps"/],
    [['recipe.learningRate=0.1,-1'], /^--sweep recipe\.learningRate=0\.1,-1: -1: Too small/],
    [
      ['recipe.baseBatchSize=32,64'],
      /^sweep: "CE, baseBatchSize = 32" and "CE, baseBatchSize = 64" differ in nothing/,
    ],
    [['recipe.labelSmoothing=0,0.1'], /^recipe\.labelSmoothing: SupCon, .* has no cross-entropy/],
  ])('%j is refused in one line', (sweep, message) => {
    const preset = withLosses([{ name: 'ce' }, { name: 'clce' }, { name: 'supcon' }]);
    expect(() => swept(sweep, {}, preset)).toThrow(message);
    expect(() => swept(sweep, {}, preset)).toThrow(/^[^\n]*$/);
    expect(() => swept(sweep, {}, preset)).toThrow(SuiteError);
  });

  it('beside a value that is set is refused', () => {
    expect(() => swept(['loss.lambda=0.1,0.5'], { set: ['loss.lambda=0.3'] })).toThrow(
      '--sweep loss.lambda=0.1,0.5: CE + SupCon, λ = 0.3 and CLCE, λ = 0.3 have a value of their own; leave it out there',
    );
  });
});

describe('a YAML file', () => {
  const read = (text: string): Preset => {
    const file = parsePresetFile(text, 'mine.yaml');
    try {
      return checkPreset(applyOverrides(file.appliedTo(tinyPreset), { sweep: file.sweeps }));
    } catch (error) {
      throw file.located(error);
    }
  };

  it('names losses, and sweeps', () => {
    const text =
      'losses: [ce, clce, { name: clce, title: ours, parameters: { lambda: 0.9 } }]\nsweep: { loss.lambda: [0.1, 0.5] }\n';
    expect(read(text).losses.map(titleOf)).toEqual(['CE', 'CLCE, λ = 0.1', 'CLCE, λ = 0.5', 'ours']);
  });

  it.each([
    ['losses: [ce, clec]\n', /^mine\.yaml, line 1: unknown loss "clec"\. Did you mean "clce"/],
    [
      'seeds: [1]\nlosses:\n  - ce\n  - name: clec\nsweep: { loss.lambda: [0.1] }\n',
      /^mine\.yaml, line 4: unknown loss "clec"/,
    ],
    ['seeds: [1]\nlosses:\n  - ce\n  - ""\n', /^mine\.yaml, line 4: losses\.1\.name: /],
    ['losses: [ce, ce]\n', /^mine\.yaml, line 1: losses: ce is listed twice$/],
    ['seeds: [1]\nsweep: [1]\n', /^mine\.yaml, line 2: sweep: expected lists of values by entry/],
    ['sweep:\n  loss.lambda: 0.1\n', /^mine\.yaml, line 2: sweep\.loss\.lambda: expected a list of values/],
    ['sweep:\n  loss.lambda: [0.1, 3]\n', /^mine\.yaml, line 2: sweep\.loss\.lambda: lambda must be/],
    ['sweep:\n  recipe.momentum: [0.1]\n', /^mine\.yaml, line 2: sweep\.recipe\.momentum: unknown entry/],
  ])('%j says where it is wrong', (text, message) => {
    expect(() => read(text)).toThrow(message);
  });
});
