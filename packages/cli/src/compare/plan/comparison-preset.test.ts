import { checkPreset, isTuned, trialsOf } from '@clce/experiments';
import { describe, expect, it } from 'vitest';
import { type CompareRequest, comparisonPreset, measuredPreset } from './comparison-preset.ts';

const request: CompareRequest = {
  ...{ dataset: 'icons', imageSize: 32, backbone: 'conv4', losses: ['ce', 'ce+supcon', 'clce'] },
  ...{ measures: ['head'], batchSize: 32, engine: 'onnx', flip: true, margin: 1, seed: 7 },
};
const plan = { steps: 400, trials: 8, folds: 4, seeds: 2, seconds: 0, difference: 0, margin: 0 };

describe.each([[['head']], [['few-shot']], [['head', 'few-shot']]] as const)('measures %j', (measures) => {
  it.each([[['ce', 'clce']], [['ce', 'ce+supcon', 'clce', 'supcon', 'h-scl']]])(
    'a preset for %j',
    (losses) => {
      const checked = checkPreset(comparisonPreset({ ...request, measures, losses }, plan));
      if (!isTuned(checked)) throw new Error('expected a tuned preset');
      // Every loss has as many trials, and those of one number share the values of common entries.
      expect(trialsOf(checked)).toHaveLength(losses.length * plan.trials);
      expect(checked.seeds).toEqual([7, 8]);
      expect(checked.split).toMatchObject({ side: 'confirmation', folds: 4 });
      expect(checked.verdicts?.scores).toEqual(checked.tuning.criterion);
    },
  );
});

it('judges a linear probe where a loss trains no head', () => {
  const scores = (losses: readonly string[]) =>
    comparisonPreset({ ...request, losses }, plan).verdicts?.scores;
  expect(scores(['ce', 'clce'])).toEqual(['head']);
  expect(scores(['ce', 'supcon'])).toEqual(['linear-probe']);
});

it('tunes around rates of pretrained weights where there are some', () => {
  const rate = (backbone: string) =>
    comparisonPreset({ ...request, backbone }, plan).tuning?.space['recipe.learningRate'];
  expect(rate('conv4')).toMatchObject({ from: 1e-3, to: 3e-2 });
  expect(rate('mobilenetv2-openimages')).toMatchObject({ from: 3e-5, to: 3e-3 });
});

it('measures steps on the side that chooses', () => {
  const checked = checkPreset(measuredPreset(request, 20));
  expect(checked.split).toEqual({ side: 'development', holds: 'samples' });
  expect(checked.recipe.budget).toEqual({ steps: 20 });
});
