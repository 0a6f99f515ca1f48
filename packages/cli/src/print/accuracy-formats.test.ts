import { accuracyTable, type SeedRow } from '@clce/results';
import { expect, it } from 'vitest';
import { formatAccuracyTable } from './accuracy-formats.ts';

const row: SeedRow = {
  ...{ dataset: 'icons', image_size: 32, backbone: 'conv4', weights: 'random', loss: 'CE', batch_size: 64 },
  ...{ loss_name: 'ce', optimizer: 'adamw', learning_rate: 0.01, epochs: 1, steps: 2, images: 128 },
  ...{ split: 'official' as const, folds: null, fold: null },
  ...{ seed: 0, protocol: 'few-shot', way: 5, shot: 1, classifier: 'nearest-centroid', measure: 'accuracy' },
  ...{ contrastive_group: null, evaluated_on: 'novel', value: 50, cell: 'k' },
};

it.each([
  ['seeds', [0, 1, 2].map((seed): SeedRow => ({ ...row, seed, value: 50 + seed }))],
  ['folds', [0, 1, 2].map((fold): SeedRow => ({ ...row, folds: 3, fold, value: 50 + fold }))],
])('the text says that intervals are over %s', (units, rows) => {
  const text = formatAccuracyTable(accuracyTable(rows), 'text', 'x', 100);
  expect(text).toContain('51.00 ± 2.48');
  expect(text).toContain(`± half the 95 % interval over ${units}; * best`);
});
