import { describe, expect, it } from 'vitest';
import { parsePresetFile } from './preset-file.ts';
import { checkPreset, type Preset } from './suite.ts';
import { SuiteError } from './suite-error.ts';

const preset: Preset = {
  datasets: ['icons'],
  imageSize: 32,
  backbones: ['conv4'],
  losses: [{ name: 'ce' }],
  batchSizes: [64],
  seeds: [0],
  engine: 'onnx',
  recipe: {
    optimizer: 'adamw',
    learningRate: 1e-3,
    learningRateRule: 'none',
    baseBatchSize: 64,
    weightDecay: 0.05,
    budget: { steps: 100 },
    warmup: 0.05,
    crop: true,
    horizontalFlip: true,
  },
  protocol: {
    kind: 'few-shot',
    classes: 'novel',
    way: 5,
    shots: [1],
    query: 15,
    episodes: 10,
    seed: 0,
    classifiers: ['nearest-centroid'],
  },
};

function check(text: string): Preset {
  const file = parsePresetFile(text, 'mine.yaml');
  try {
    return checkPreset(file.appliedTo(preset));
  } catch (error) {
    throw file.located(error);
  }
}

describe('a YAML file that changes a preset', () => {
  it('replaces entries, and those of recipe and protocol one by one', () => {
    const changed = check(`
seeds: [0, 1]
losses:
  - name: clce
    title: CLCE, λ = 0.5
    parameters: { lambda: 0.5 }
recipe:
  learningRate: 3e-3
  budget: { epochs: 2 }
protocol: { episodes: 600 }
`);
    expect(changed).toEqual({
      ...preset,
      seeds: [0, 1],
      losses: [{ name: 'clce', title: 'CLCE, λ = 0.5', parameters: { lambda: 0.5 } }],
      recipe: { ...preset.recipe, learningRate: 3e-3, budget: { epochs: 2 } },
      protocol: { ...preset.protocol, episodes: 600 },
    });
  });

  it.each([
    ['seeds: [0]\nrecipe:\n  learningRate: fast\n', /^mine\.yaml, line 3: recipe\.learningRate: .*number/],
    ['recipe:\n  warmup: 0.1\n  momentum: 0.9\n', /^mine\.yaml, line 3: recipe: .*momentum/],
    ['seeds:\n  - 0\n  - -1\n', /^mine\.yaml, line 3: seeds\.1: /],
    ['imagesize: 32\n', /^mine\.yaml, line 1: .*imagesize/],
    ['recipe: fast\n', /^mine\.yaml, line 1: recipe: .*object/],
    ['seeds: [0\nrecipe: 1\n', /^mine\.yaml, line \d: /],
    ['- seeds\n', /^mine\.yaml: expected entries of a preset/],
    ['', /^mine\.yaml: expected entries of a preset/],
  ])('%j says where it is wrong', (text, message) => {
    expect(() => check(text)).toThrow(SuiteError);
    expect(() => check(text)).toThrow(message);
  });
});
