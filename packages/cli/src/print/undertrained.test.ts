import type { ResultRow } from '@clce/results';
import { describe, expect, it } from 'vitest';
import { undertrainedLines } from './undertrained.ts';

const row = (backbone: string, loss: string, classifier: string, value: number, shot = 5, batch = 64) =>
  ({
    dataset: 'icons',
    backbone,
    loss,
    batch_size: loss === 'none' ? null : batch,
    measure: 'accuracy',
    shot,
    classifier,
    value,
  }) as ResultRow;
const pixels = [
  row('raw pixels', 'none', 'nearest-centroid', 52, 1),
  row('raw pixels', 'none', 'nearest-centroid', 73),
];

describe('a budget is too small to compare', () => {
  it('names each setting once in which the reference stays below raw pixels with the same classifier', () => {
    const rows = [
      ...pixels,
      row('conv4', 'CE', 'nearest-centroid', 51, 1),
      row('conv4', 'CE', 'nearest-centroid', 60),
      row('conv4', 'CE', 'nearest-centroid', 80, 5, 16),
    ];
    expect(undertrainedLines(rows, 'CE', 200)).toBe(
      'icons · conv4 · batch 64: not trained enough to compare (5-shot · nearest-centroid: CE has 60.0 %, raw pixels 73.0 %)',
    );
  });

  it('ignores settings in which only another classifier or another loss is below', () => {
    const rows = [
      ...pixels,
      row('conv4', 'CE', 'logistic-regression', 10),
      row('conv4', 'CE', 'nearest-centroid', 74),
      row('conv4', 'CLCE', 'nearest-centroid', 60),
    ];
    expect(undertrainedLines(rows, 'CE', 200)).toBe('');
  });

  it('compares with any classifier when the run omits the classifier of raw pixels', () => {
    const rows = [...pixels, row('conv4', 'CE', 'logistic-regression', 60)];
    expect(undertrainedLines(rows, 'CE', 200)).toMatch(/5-shot · logistic-regression: CE has 60\.0 %/);
  });
});
