import { describe, expect, it } from 'vitest';
import { tinyPreset } from '../../testing/tiny-preset.ts';
import { checkPreset } from '../check-preset.ts';
import type { Preset } from '../preset.ts';
import { SuiteError } from '../suite-error.ts';
import { parsePresetFile } from './preset-file.ts';

const preset: Preset = {
  ...tinyPreset,
  imageSize: 32,
  batchSizes: [64],
  seeds: [0],
  losses: [{ name: 'ce' }],
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

  it('names files of the user’s, which are no entries of the preset', () => {
    const file = parsePresetFile('lossFiles: [../mine.ts]\nseeds: [1]\n', 'mine.yaml');
    expect([file.lossFiles, file.datasetFiles]).toEqual([['../mine.ts'], []]);
    expect(file.appliedTo(preset)).toEqual({ ...preset, seeds: [1] });
  });

  it('names folders of pictures, by paths from its own folder', () => {
    const file = parsePresetFile(
      'pictures:\n  mine: { folder: ../mine, groups: groups.csv }\n  other: { folder: /data/b, groupPattern: "^(p.)", skipBroken: true }\n',
      'one/mine.yaml',
    );
    expect(file.pictures).toEqual([
      { name: 'mine', folder: 'mine', groups: { file: 'one/groups.csv' } },
      { name: 'other', folder: '/data/b', groups: { pattern: '^(p.)' }, skipBroken: true },
    ]);
  });

  it('takes paths from its own folder', () => {
    const file = parsePresetFile(
      [
        'weights: { conv4: conv4.safetensors }',
        'frozen: { mine: { file: ../models/mine.onnx, layout: nchw } }',
        'protocol: { episodeFile: /data/episodes.json }',
      ].join('\n'),
      'studies/one/mine.yaml',
    );
    expect(file.appliedTo(preset)).toEqual({
      ...preset,
      weights: { conv4: 'studies/one/conv4.safetensors' },
      frozen: { mine: { file: 'studies/models/mine.onnx', layout: 'nchw' } },
      protocol: { ...preset.protocol, episodeFile: '/data/episodes.json' },
    });
  });

  it.each([
    ['weights: fast\n', /^mine\.yaml, line 1: weights: /],
    ['seeds: [0]\nlosses:\n  - ce\n  - clec\n', /^mine\.yaml, line 4: unknown loss "clec"/],
    ['losses:\n  - name: clec\n', /^mine\.yaml, line 2: unknown loss "clec"/],
    ['losses:\n  - name: clce\n    parameters: { lambda: 2 }\n', /^mine\.yaml, line 3: lambda must be/],
    [
      'losses:\n  - name: clce\n    parameters: { lamda: 1 }\n',
      /^mine\.yaml, line 3: unknown parameter of clce/,
    ],
    ['datasets:\n  - icons\n  - icon\n', /^mine\.yaml, line 3: unknown data set "icon"/],
    ['backbones: [conv4, conv5]\n', /^mine\.yaml, line 1: unknown backbone "conv5"/],
    ['seeds: [0]\nengine: onxx\n', /^mine\.yaml, line 2: .*onxx/],
    ['protocol:\n  classifiers: [linear]\n', /^mine\.yaml, line 2: unknown few-shot classifier "linear"/],
    [
      'losses:\n  - name: clce\n    title: CLCE\n    parameters: { lambda: 0.5 }\n',
      /^mine\.yaml, line 3: losses: the title "CLCE" is that of clce at its defaults, but the method is CLCE, λ = 0\.5; give/,
    ],
    ['frozen: { mine: { file: 3 } }\n', /^mine\.yaml, line 1: frozen\.mine\.file: /],
    ['seeds: [0]\nlossFiles: mine.ts\n', /^mine\.yaml, line 2: lossFiles: expected a list of files, such as/],
    ['pictures:\n  a: { folder: 3 }\n', /^mine\.yaml, line 2: pictures\.a\.folder: expected a text, not 3$/],
    ['pictures:\n  a: {}\n', /^mine\.yaml, line 2: pictures\.a\.folder: missing; expected a text$/],
    [
      'pictures: { a: { folder: b, groupPattern: "^(.)", groups: g.csv } }\n',
      /^mine\.yaml, line 1: pictures\.a: groupPattern and groups both say which pictures belong together; leave one out$/,
    ],
    ['seeds: [0]\nrecipe:\n  learningRate: fast\n', /^mine\.yaml, line 3: recipe\.learningRate: .*number/],
    ['recipe:\n  warmup: 0.1\n  momentum: 0.9\n', /^mine\.yaml, line 3: recipe: .*momentum/],
    ['seeds:\n  - 0\n  - -1\n', /^mine\.yaml, line 3: seeds\.1: /],
    ['imagesize: 32\n', /^mine\.yaml, line 1: unknown entry "imagesize"\. Did you mean "imageSize"\?/],
    [
      'seeds: [0]\nlossfile: [a.ts]\n',
      /^mine\.yaml, line 2: .*Did you mean "lossFiles"\?.* datasetFiles, pictures, sweep$/,
    ],
    ['seeds: 3\n', /^mine\.yaml, line 1: seeds: expected a list, such as \[0, 1\], not 3$/],
    [
      'split: { side: confirm }\n',
      /^mine\.yaml, line 1: split\.side: expected "development" or "confirmation", not "confirm"$/,
    ],
    ['protocol: { classes: new }\n', /protocol\.classes: expected "novel" or "validation", not "new"$/],
    [': : [\n', /^mine\.yaml, line 1: Nested mappings are not allowed in compact mappings$/],
    [
      'recipe: fast\n',
      /^mine\.yaml, line 1: recipe: expected entries, such as \{ name: value \}, not "fast"$/,
    ],
    ['seeds: [0\nrecipe: 1\n', /^mine\.yaml, line \d: /],
    ['seeds: [0]\nseeds: [1]\n', /^mine\.yaml, line 2: .*unique/],
    ['seeds: *nowhere\n', /^mine\.yaml, line 1: .*alias/i],
    [
      `a: &a [${Array(10).fill(1)}]\n${[...'bcde'].map((n, k) => `${n}: &${n} [${Array(10).fill(`*${'abcd'[k]}`)}]`).join('\n')}\nseeds: *e\n`,
      /^mine\.yaml, line 1: Excessive alias count/,
    ],
    ['- seeds\n', /^mine\.yaml: expected entries of a preset/],
    ['', /^mine\.yaml: expected entries of a preset/],
  ])('%j says where it is wrong', (text, message) => {
    expect(() => check(text)).toThrow(SuiteError);
    expect(() => check(text)).toThrow(message);
  });
});

describe('a YAML file that is a preset', () => {
  const whole = (text: string) => {
    const file = parsePresetFile(text, 'whole.yaml', 'preset');
    try {
      return checkPreset(file.appliedTo({} as Preset));
    } catch (error) {
      throw file.located(error);
    }
  };
  // JSON is YAML.
  const { seeds, ...rest } = preset;

  it('needs no other preset', () => {
    expect(whole(JSON.stringify({ ...rest, seeds }))).toEqual(checkPreset(preset));
  });

  it('names the entry that is missing, and the line of an entry that is wrong', () => {
    expect(() => whole(JSON.stringify(rest))).toThrow(
      /^whole\.yaml: seeds: missing; expected a list, such as \[0, 1\]$/,
    );
    expect(() => whole(JSON.stringify({ ...rest, seeds: 0 }, null, 1))).toThrow(
      /^whole\.yaml, line \d+: seeds: /,
    );
  });
});

describe('an error after two files', () => {
  it('names the file and line of the entry alone', () => {
    const [whole, changes] = [
      parsePresetFile('seeds: [0]\nimageSize: 3\n', 'whole.yaml', 'preset'),
      parsePresetFile('seeds: [x]\n', 'changes.yaml'),
    ];
    const told = (path: string[]) => String(whole.located(changes.located(new SuiteError('wrong', path))));
    expect(told(['seeds'])).toBe('SuiteError: changes.yaml, line 1: wrong');
    expect(told(['imageSize'])).toBe('SuiteError: whole.yaml, line 2: wrong');
    expect(told(['losses'])).toBe('SuiteError: whole.yaml: wrong');
    expect(told([])).toBe('SuiteError: wrong');
  });
});
