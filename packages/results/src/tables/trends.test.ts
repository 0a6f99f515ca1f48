import { expect, it } from 'vitest';
import type { TrainingFacts } from '../cell/cell-facts.ts';
import { type FinishedCell, reportedResult } from '../cell/reported-result.ts';
import { episodeScore } from '../testing/episode-score.ts';
import { trendCsv, trendTable } from './trends.ts';

function cell(method: string, batchSize: number, seed: number, correct: number): FinishedCell {
  const facts = {
    kind: 'training',
    dataset: 'icons',
    backbone: 'conv4',
    loss: method,
    ...{ lossName: 'clce', parameters: { lambda: 0.5 } },
    batchSize,
    seed,
  } as unknown as TrainingFacts;
  const scores = [episodeScore(1, 'cosine', 100, [correct])];
  return { key: '', facts, result: reportedResult({ scores, training: null, quality: null }) };
}

it('gives the points per doubling from one line per seed', () => {
  // Seed 0 rises by 2 and seed 1 by 4 points a doubling from 16 to 64; scipy.stats.t.ppf(0.975, 1) = 12.7062047362.
  const cells = [
    cell('CE', 16, 0, 50),
    cell('CE', 64, 0, 54),
    cell('CE', 16, 1, 40),
    cell('CE', 64, 1, 48),
    cell('CLCE', 16, 0, 50),
  ];
  const rows = trendTable(cells, 'CE');
  expect(rows).toHaveLength(1);
  const [row] = rows;
  expect(row).toMatchObject({ loss: 'CE', shot: 1, batch_sizes: 2, seeds: 2 });
  expect(row!.slope).toBeCloseTo(3, 12);
  expect(row!.slope_lower).toBeCloseTo(3 - 12.7062047362, 8);
  expect(row!.slope_upper).toBeCloseTo(3 + 12.7062047362, 8);
  expect(trendCsv(rows).split('\n')[1]).toMatch(/^icons,conv4,CE,clce,0.5,1,cosine,accuracy,2,2,3.*,,,,$/);
});

it('fits the same line to the differences to the reference', () => {
  // CLCE − CE: 10 and 4 points with seed 0, 10 and 8 with seed 1; at 256 there is nothing to compare with.
  const rows = trendTable(
    [
      cell('CE', 16, 0, 50),
      cell('CE', 64, 0, 54),
      cell('CE', 16, 1, 40),
      cell('CE', 64, 1, 48),
      cell('CLCE', 16, 0, 60),
      cell('CLCE', 64, 0, 58),
      cell('CLCE', 16, 1, 50),
      cell('CLCE', 64, 1, 56),
      cell('CLCE', 256, 1, 99),
    ],
    'CE',
  );
  expect(rows[0]).toMatchObject({ reference: null, difference: null, difference_lower: null });
  const [, clce] = rows;
  expect(clce).toMatchObject({ loss: 'CLCE', reference: 'CE', batch_sizes: 3 });
  expect(clce!.difference).toBeCloseTo(-2, 12);
  expect(clce!.difference_upper! - clce!.difference!).toBeCloseTo(12.7062047362, 8);
});

it('has no interval with one seed', () => {
  const [row] = trendTable([cell('CE', 16, 0, 50), cell('CE', 64, 0, 54)], 'CE');
  expect(row).toMatchObject({ slope: 2, slope_lower: null, slope_upper: null });
});
