/** Checks the presets on which the first command on a fresh machine relies. */
import { getSource } from '@clce/datasets';
import { checkPreset, expand, getPreset, type Suite } from '@clce/experiments';
import { describe, expect, it } from 'vitest';
import ablation from './ablation.ts';
import batchSize from './batch-size.ts';
import fewshot from './fewshot.ts';
import horizon from './horizon.ts';
import mechanism from './mechanism.ts';
import transfer from './transfer.ts';

describe.each(
  [fewshot, transfer, batchSize, horizon, mechanism, ablation].map((suite) => [suite.name, suite] as const),
)('%s', (_, suite: Suite) => {
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
