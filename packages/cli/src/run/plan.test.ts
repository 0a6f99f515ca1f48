import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkPreset, SuiteError } from '@clce/experiments';
import { expect, it } from 'vitest';
import { findDatasets, planCells } from './plan.ts';

const preset = {
  ...{
    datasets: ['icons'],
    imageSize: 16,
    backbones: ['conv4'],
    batchSizes: [16],
    seeds: [0],
    engine: 'onnx',
  },
  losses: [{ name: 'clce' }, { name: 'clce', title: 'again', parameters: { lambda: 0.9 } }],
  recipe: {
    ...{
      optimizer: 'adamw',
      learningRate: 1e-3,
      learningRateRule: 'none',
      baseBatchSize: 64,
      weightDecay: 0,
    },
    ...{ budget: { steps: 4 }, warmup: 0, crop: true, horizontalFlip: true },
  },
  protocol: {
    ...{ kind: 'few-shot', classes: 'novel', way: 5, shots: [1], query: 5, episodes: 20, seed: 1 },
    classifiers: ['nearest-centroid'],
  },
};

it('two entries that mean one cell are refused with both labels, before a cell is counted twice', () => {
  const noFiles = { weights: new Map(), models: new Map(), episodes: undefined };
  const plan = () => planCells(checkPreset(preset), new Map([['icons', '']]), noFiles);
  expect(plan).toThrow(SuiteError);
  expect(plan).toThrow(/^".* CLCE .*" and ".* again .*" are the same cell; leave one of them out$/);
});

it('a data set that is not packed: the command that packs it has the files of the user, quoted for a shell', async () => {
  const dataRoot = join(tmpdir(), 'no data at all');
  const ownFiles = [
    { kind: 'dataset', path: '/my sets/birds.ts' },
    { kind: 'loss', path: '/my sets/mine.ts' },
  ] as const;
  const { toPrepare } = await findDatasets(checkPreset(preset), dataRoot, ownFiles);
  expect(toPrepare.get('icons')).toContain(
    `"./clce data pack icons --size 16 --data '${dataRoot}' --dataset-file '/my sets/birds.ts'"`,
  );
});
