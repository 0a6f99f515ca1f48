import { checkPreset, type Preset, parsePresetFile } from '@clce/experiments';
import { describe, expect, it } from 'vitest';
import { comparisonPreset } from '../plan/comparison-preset.ts';
import { settingsPython, settingsYaml } from './take-away.ts';

const preset = checkPreset(
  comparisonPreset(
    {
      ...{ dataset: 'icons', imageSize: 32, backbone: 'conv4', losses: ['ce', 'clce'], measures: ['head'] },
      ...{ batchSize: 32, engine: 'onnx', flip: true, margin: 1, seed: 0 },
    },
    { steps: 400, trials: 8, folds: 4, seeds: 1, seconds: 0, difference: 0, margin: 0 },
  ),
);
const clce = {
  name: 'clce',
  parameters: { lambda: 0.62, temperature: 0.21, form: 'out' },
  recipe: { learningRate: 0.0012, weightDecay: 0.03, labelSmoothing: 0.05, samplesPerClass: 2 },
};

describe('chosen settings for PyTorch', () => {
  it('are the class of python/clce.py, the optimiser and the batches', () => {
    expect(settingsPython(clce, preset).split('\n')).toEqual([
      'from clce import CLCE  # python/clce.py',
      'criterion = CLCE(lambda_=0.62, label_smoothing=0.05, temperature=0.21, hardness=1, form="out", detach_weights=False)',
      'optimizer = torch.optim.AdamW(parameters, lr=0.0012, weight_decay=0.03)  # decay of weights alone, not of norms and biases',
      '# the rate rises over 5 % of 400 steps, then falls to 0 along half a cosine',
      '# batches of 32 pictures, 2 of each of 16 classes: the batch that the criterion compares',
    ]);
  });

  it('of cross-entropy need PyTorch alone', () => {
    const lines = settingsPython({ name: 'ce', recipe: { labelSmoothing: 0.1 } }, preset).split('\n');
    expect(lines[0]).toBe('criterion = torch.nn.CrossEntropyLoss(label_smoothing=0.1)');
    expect(lines.at(-1)).toBe('# batches of 32 pictures, shuffled: the batch that the criterion compares');
  });

  it('name a loss that python/clce.py does not have', () => {
    expect(settingsPython({ name: 'h-scl' }, preset)).toMatch(
      /^# criterion: H-SCL, which python\/clce\.py does not have\n/,
    );
  });
});

it('chosen settings as YAML are a file for --config', () => {
  // As trials choose methods: under the title of their loss, with other parameters.
  const chosen = [
    { name: 'ce', title: 'CE', recipe: { labelSmoothing: 0.1 } },
    { ...clce, title: 'CLCE' },
  ];
  const file = parsePresetFile(settingsYaml(chosen), 'settings.yaml');
  const changed: Preset = checkPreset({ ...file.appliedTo(preset), tuning: undefined });
  expect(changed.losses).toEqual([
    { ...chosen[0], title: 'CE, tuned' },
    { ...chosen[1], title: 'CLCE, tuned' },
  ]);
});
