import { describe, expect, it } from 'vitest';
import { tinyPreset } from '../../testing/tiny-preset.ts';
import { expand, type TrainingSpec } from '../cell.ts';
import { checkPreset } from '../check-preset.ts';
import { imagesPerStep } from '../methods/images.ts';
import type { Preset, Tuning } from '../preset.ts';
import { costOf } from './cost.ts';
import { confirmationPreset, methodsOfTrial, type TunedPreset, trialPreset, trialsOf } from './trials.ts';

const manifests = new Map([['icons', 'manifest']]);

const tuning: Tuning = {
  trials: 8,
  seed: 7,
  space: {
    'recipe.learningRate': { scale: 'log', from: 1e-4, to: 1e-2 },
    'recipe.labelSmoothing': { scale: 'linear', from: 0, to: 0.2 },
    'recipe.samplesPerClass': { scale: 'choice', values: [null, 4] },
  },
  own: {
    CLCE: {
      'loss.lambda': { scale: 'logit', from: 0.3, to: 0.95 },
      'loss.form': { scale: 'choice', values: ['in', 'out'] },
    },
    supcon: { 'loss.temperature': { scale: 'log', from: 0.05, to: 1 } },
  },
  criterion: ['1-shot logistic-regression'],
  edge: 0.1,
};

const preset = {
  ...tinyPreset,
  losses: [
    { name: 'ce' },
    { name: 'supcon' },
    { name: 'clce' },
    { name: 'clce', title: 'CLCE at its defaults', parameters: { lambda: 0.9, form: 'in' } },
  ],
  tuning,
} satisfies Preset;

const with_ = (changes: Partial<Tuning>, more: Partial<Preset> = {}): unknown => ({
  ...preset,
  ...more,
  tuning: { ...tuning, ...changes },
});

/** Cells of the trials that train. */
const trained = (of: TunedPreset) =>
  expand(trialPreset(of), manifests).filter(({ spec }) => spec.kind === 'training');

describe('trials', () => {
  it('have these values, on every machine and in every version', async () => {
    const tried = trialsOf(checkPreset(preset) as TunedPreset).map(({ method, values, atEdge }) => ({
      ...{ title: method.title, values, atEdge },
    }));
    await expect(`${JSON.stringify(tried, null, 2)}\n`).toMatchFileSnapshot('fixtures/trials.json');
  });

  it('share the common values of all methods, and each fills each range evenly', () => {
    const trials = trialsOf(preset);
    for (let number = 1; number <= 8; number++) {
      const rates = trials.filter((trial) => trial.number === number);
      expect(new Set(rates.map(({ values }) => values['recipe.learningRate'])).size).toBe(1);
      expect(new Set(rates.map(({ values }) => values['recipe.samplesPerClass'])).size).toBe(1);
    }
    const eighths = trials.flatMap(({ of, values }) =>
      of === 'CE' ? [Math.floor(4 * (Math.log10(values['recipe.learningRate'] as number) + 4))] : [],
    );
    expect(eighths.toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('lie at an edge, the outer share of the scale, as often as chance says', () => {
    const atEdge = Array.from({ length: 100 }, (_, seed) =>
      trialsOf({ ...preset, tuning: { ...tuning, seed, edge: 0.1 } }).flatMap((trial) =>
        trial.of === 'CE' ? [trial.atEdge.length > 0] : [],
      ),
    ).flat();
    expect(atEdge).toHaveLength(800);
    // Two of CE's entries have a scale with ends. Four standard errors of 800 independent trials.
    const expected = 1 - 0.8 ** 2;
    const share = atEdge.filter(Boolean).length / 800;
    expect(Math.abs(share - expected)).toBeLessThan(4 * Math.sqrt((expected * (1 - expected)) / 800));
  });

  it('give a method the entries that it can have: its own, none that it fixes, no smoothing without cross-entropy', () => {
    const entries = (title: string) => Object.keys(trialsOf(preset).find(({ of }) => of === title)!.values);
    const common = ['recipe.learningRate', 'recipe.labelSmoothing', 'recipe.samplesPerClass'];
    expect(entries('CE')).toEqual(common);
    expect(entries('SupCon')).toEqual(['recipe.learningRate', 'recipe.samplesPerClass', 'loss.temperature']);
    expect(entries('CLCE')).toEqual([...common, 'loss.lambda', 'loss.form']);
    expect(entries('CLCE at its defaults')).toEqual(common);
  });

  it('are ordinary cells on validation data, with one seed, as many and as dear for every method', () => {
    const cells = trained({ ...preset, seeds: [3, 4] });
    expect(cells).toHaveLength(4 * 8);
    const costs = new Map<string, unknown[]>();
    for (const { spec: cell, facts } of cells) {
      const spec = cell as TrainingSpec;
      expect(spec.protocol).toEqual({ ...preset.protocol, classes: 'validation' });
      expect(facts.evaluatedOn).toBe('validation');
      expect(spec.seed).toBe(3);
      const method = facts.kind === 'training' ? facts.loss.replace(/, trial \d+$/, '') : '';
      costs.set(method, [
        ...(costs.get(method) ?? []),
        [spec.recipe.budget, imagesPerStep(spec), costOf(spec)],
      ]);
    }
    expect(costs.size).toBe(4);
    expect(new Set([...costs.values()].map((cost) => JSON.stringify(cost))).size).toBe(1);
    expect(costOf(cells[0]!.spec)).toBe((4 * 16) / (400 * 64));
    expect(
      (trained(checkPreset(with_({ trainingSeed: 9 })) as TunedPreset)[0]!.spec as TrainingSpec).seed,
    ).toBe(9);
  });

  it('transfer validates on validation samples', () => {
    const protocol: Preset['protocol'] = {
      ...{ kind: 'transfer', partition: 'test', validationShare: 0.1, checkpoints: 1, seed: 0 },
      ...{ classifiers: ['head', 'linear-probe'], referenceSamples: 100 },
    };
    const tuned = checkPreset(with_({ criterion: ['head|linear-probe'] }, { protocol })) as TunedPreset;
    expect(trialPreset(tuned).protocol).toEqual({ ...protocol, partition: 'validation' });
    for (const { facts } of trained(tuned)) expect(facts.evaluatedOn).toBe('validation');
    expect(() => checkPreset(with_({ criterion: ['head'] }, { protocol }))).toThrow(
      /^tuning\.criterion\.0: SupCon trains no head; name what takes its place, such as head\|linear-probe$/,
    );
  });

  it('of a preset with a reserve see its side of development alone, and the confirmation its folds', () => {
    const split: Preset['split'] = { side: 'confirmation', folds: 3 };
    const tuned = { ...preset, split };
    const sides = trained(tuned).map(({ spec }) => spec.dataset.split);
    expect(new Set(sides.map((side) => JSON.stringify(side))).size).toBe(1);
    expect(sides[0]).toMatchObject({ side: 'development' });
    expect(sides).toHaveLength(4 * 8);
    const losses = methodsOfTrial(tuned, 1);
    const confirmed = expand({ ...confirmationPreset(tuned), losses }, manifests);
    expect(new Set(confirmed.map(({ spec }) => spec.dataset.split?.side))).toEqual(new Set(['confirmation']));
  });

  it('hold out what the confirmation holds out: classes alone, samples alone, or both', () => {
    for (const holds of ['classes', 'samples', undefined] as const) {
      const split: Preset['split'] = { side: 'confirmation', folds: 3, ...(holds && { holds }) };
      expect(trialPreset({ ...preset, split }).split).toStrictEqual({
        side: 'development',
        ...(holds && { holds }),
      });
    }
  });

  it('the confirmation trains the values of a trial under the title of its method', () => {
    const losses = methodsOfTrial(preset, 3);
    const confirmed = expand({ ...confirmationPreset(preset), losses }, manifests);
    const tried = trained(preset).slice(2 * 4, 3 * 4);
    const trainings = confirmed.filter(({ spec }) => spec.kind === 'training');
    expect(trainings.map(({ facts }) => facts.kind === 'training' && facts.loss)).toEqual([
      ...['CE', 'SupCon', 'CLCE', 'CLCE at its defaults'],
    ]);
    for (const [at, { spec }] of trainings.entries()) {
      expect({ ...spec, protocol: null }).toEqual({ ...tried[at]!.spec, protocol: null });
      expect(spec.protocol).toEqual(preset.protocol);
    }
  });
});

describe('checkPreset of tuning', () => {
  const space = (entry: string, range: Tuning['space'][string]) => with_({ space: { [entry]: range } });
  const linear = (from: number, to: number) => ({ scale: 'linear' as const, from, to });
  it.each([
    [with_({ trials: 6 }), /^tuning\.trials: expected a power of two from 2 to 64$/],
    [with_({ trials: 128 }), /^tuning\.trials: /],
    [with_({ edge: 0.5 }), /^tuning\.edge: /],
    [
      space('recipe.learningRat', linear(0, 1)),
      /^tuning\.space\.recipe\.learningRat: .*Did you mean "learningRate"/,
    ],
    [
      space('protocol.way', linear(2, 5)),
      /^tuning\.space\.protocol\.way: expected recipe\.ENTRY or loss\.PARAMETER/,
    ],
    [
      space('recipe.budget', { scale: 'choice', values: [1, 2] }),
      /^tuning\.space\.recipe\.budget: it changes what a trial costs/,
    ],
    [space('recipe.learningRate', linear(1, 1)), /: expected from < to, got 1 and 1$/],
    [space('recipe.learningRate', linear(0, 1)), /^tuning\.space\.recipe\.learningRate: 0: /],
    [space('recipe.weightDecay', { scale: 'log', from: 0, to: 1 }), /: a log scale begins above 0, got 0$/],
    [space('loss.lambda', { scale: 'logit', from: 0.5, to: 1 }), /: a logit scale lies between 0 and 1/],
    [space('recipe.samplesPerClass', linear(2, 4)), /^tuning\.space\.recipe\.samplesPerClass: 2\.\d+: /],
    [space('recipe.samplesPerClass', { scale: 'choice', values: [5] }), /is no multiple of 5$/],
    [space('loss.tauPlus', linear(0, 0.5)), /^tuning\.space\.loss\.tauPlus: no loss of this run/],
    [with_({ space: {}, own: {} }), /^tuning\.space: CE has no tuned entry/],
    [with_({ own: { CLC: {} } }), /method of this run with tuned entries.*Did you mean "CLCE"/],
    [
      with_({ own: { ce: { 'loss.lambda': linear(0, 1) } } }),
      /^tuning\.own\.ce\.loss\.lambda: CE can have no other values/,
    ],
    [with_({ own: { CLCE: { 'loss.lambda': linear(0.5, 2) } } }), /^tuning\.own\.CLCE\.loss\.lambda: .*2/],
    [with_({ own: { CLCE: { 'recipe.learningRate': linear(0.1, 0.2) } } }), /it is in tuning\.space, too/],
    [with_({ criterion: ['5-shot cosine'] }), /^tuning\.criterion\.0: .*score of this protocol/],
    [
      with_({}, { protocol: { ...preset.protocol, classes: 'validation' } as Preset['protocol'] }),
      /^protocol\.classes: trials choose on validation data/,
    ],
    [
      with_({}, { protocol: { ...preset.protocol, episodeFile: 'e.json' } as Preset['protocol'] }),
      /^protocol\.episodeFile: /,
    ],
    [
      with_({ own: {} }, { losses: [{ name: 'ce' }, { name: 'clce', recipe: { budget: { steps: 8 } } }] }),
      /^tuning: methods need equal steps and images: CE has a budget of .*4.* CLCE.*8/,
    ],
    [
      with_(
        { own: {} },
        { losses: [{ name: 'ce' }, { name: 'supcon-two-views', recipe: { batchOf: 'samples' } }] },
      ),
      /^tuning: methods need equal steps and images: .*32 images a step$/,
    ],
  ])('%#: refuses a mistake in one line that names the entry', (mistaken, message) => {
    expect(() => checkPreset(mistaken)).toThrow(message);
    expect(() => checkPreset(mistaken)).toThrow(/^[^\n]+$/);
  });
});
