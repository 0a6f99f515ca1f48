import { type Backbone, backbones, getBackbone } from '@clce/backbones';
import { type Tensor2D, tf } from '@clce/engine';
import { expect, it } from 'vitest';
import { codeOf, judge } from './reuse.ts';
import { sourceHash } from './source-hash.ts';
import { expand, type TrainingSpec } from './suite/cell.ts';
import { tinyDataset } from './testing/tiny-dataset.ts';
import { tinyPreset } from './testing/tiny-preset.ts';

const sources = sourceHash();
const cells = expand(tinyPreset, new Map([['icons', 'f00']])).map(({ spec }) => spec);
const pixels = cells[0]!;
const clce = cells.at(-1) as TrainingSpec;
const load = async () => tinyDataset(tinyPreset.imageSize);
const mustNotLoad = () => Promise.reject(new Error('a graph was traced'));

/** An eager engine can run it; where graphs are traced, the op has no kernel. */
const untraceable: Backbone = {
  ...getBackbone('conv4'),
  name: 'untraceable',
  forward(weights, images, mode) {
    const { features, statistics } = getBackbone('conv4').forward(weights, images, mode);
    return { features: tf.cumsum(features, 1) as Tensor2D, statistics };
  },
};

(backbones as Backbone[]).push(untraceable);

it('the same sources: nothing is traced', async () => {
  expect(await judge(clce, { sources, graph: 'any' }, mustNotLoad)).toEqual({ state: 'same' });
});

it('other sources and the same graph: the same, with what to note', async () => {
  const code = await codeOf(clce, load);
  expect(code).toEqual({ sources, graph: expect.stringMatching(/^[0-9a-f]{64}$/) });
  expect(await judge(clce, { ...code, sources: 'before' }, load)).toEqual({ state: 'same-graph', code });
});

it('another graph: changed, with the loss and the backbone', async () => {
  expect(await judge(clce, { sources: 'before', graph: 'before' }, load)).toEqual({
    state: 'changed',
    reason: 'the training graph of loss clce on conv4 has changed since this result',
  });
});

it('a result that does not say what computed it', async () => {
  expect(await judge(clce, {}, mustNotLoad)).toEqual({
    state: 'changed',
    reason: 'its provenance has no hash of the training graph of loss clce on conv4',
  });
});

it('what runs no graph of this project depends on no source', async () => {
  expect(await codeOf(pixels, mustNotLoad)).toEqual({ sources });
  expect(await judge(pixels, { sources: 'before' }, mustNotLoad)).toEqual({ state: 'same' });
});

it('a graph that cannot be traced: the same while sources are, changed where they are not', async () => {
  const spec: TrainingSpec = { ...clce, backbone: 'untraceable', engine: 'cpu' };
  expect(await codeOf(spec, load)).toEqual({ sources });
  expect(await judge(spec, { sources }, mustNotLoad)).toEqual({ state: 'same' });
  expect(await judge(spec, { sources: 'before' }, load)).toEqual({
    state: 'changed',
    reason: expect.stringMatching(
      /^the training graph of loss clce on untraceable may have changed since this result: the op Cumsum has no kernel/,
    ),
  });
});
