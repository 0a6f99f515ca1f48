import { expect, it } from 'vitest';
import type { CellFacts } from './cell/cell-facts.ts';
import { groupBySetting, settingKey } from './settings.ts';
import { NOVEL_ICONS } from './testing/official-split.ts';

const training: CellFacts = {
  kind: 'training',
  ...NOVEL_ICONS,
  ...{ backbone: 'conv4', weights: null, loss: 'CE', batchSize: 64, seed: 0, learningRate: 0.1 },
  imagesPerStep: 64,
  ...{ lossName: 'ce', parameters: {}, optimizer: 'adamw' },
  contrastiveGroup: null,
};
const frozen: CellFacts = { kind: 'frozen', ...NOVEL_ICONS, backbone: 'conv4', weights: 'a' };
const pixels: CellFacts = { kind: 'pixels', ...NOVEL_ICONS };

it('every fact but the fold, the seed and the learning rate makes a setting', () => {
  const all: CellFacts[] = [training, frozen, pixels].flatMap((facts) => [
    facts,
    { ...facts, dataset: 'omniglot' },
    { ...facts, imageSize: 84 },
    { ...facts, protocol: 'transfer', way: null },
    { ...facts, way: 10 },
    { ...facts, evaluatedOn: 'validation' },
    { ...facts, split: { kind: 'development', fold: null, folds: null } },
    { ...facts, split: { kind: 'confirmation', fold: 0, folds: 4 } },
    { ...facts, split: { kind: 'confirmation', fold: 0, folds: 8 } },
    ...(facts.kind === 'pixels'
      ? []
      : [
          { ...facts, backbone: 'resnet12' },
          { ...facts, weights: 'b' },
        ]),
    ...(facts.kind === 'training'
      ? [
          { ...facts, loss: 'CLCE' },
          { ...facts, batchSize: 32 },
        ]
      : []),
  ]);
  expect(new Set(all.map(settingKey)).size).toBe(all.length);
});

it('the seeds and the folds of a setting are one group', () => {
  const seeds = [0, 1].map((seed) => ({ facts: { ...training, seed, learningRate: 0.1 * (seed + 1) } }));
  expect([...groupBySetting(seeds).values()]).toEqual([seeds]);
  const folds = [0, 1].map((fold) => ({
    facts: { ...training, split: { kind: 'confirmation' as const, fold, folds: 2 } },
  }));
  expect([...groupBySetting(folds).values()]).toEqual([folds]);
});
