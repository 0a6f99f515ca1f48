import { expect, it } from 'vitest';
import type { TrainingFacts } from '../cell/cell-facts.ts';
import { type FinishedCell, reportedResult } from '../cell/reported-result.ts';
import { episodeScore } from '../testing/episode-score.ts';
import { OFFICIAL } from '../testing/official-split.ts';
import { trendCsv, trendTable } from './trends.ts';

function cell(
  method: string,
  batchSize: number,
  seed: number,
  correct: number,
  contrastiveGroup: number | null = null,
): FinishedCell {
  const facts = {
    kind: 'training',
    dataset: 'icons',
    ...{ protocol: 'few-shot', evaluatedOn: 'novel' },
    split: OFFICIAL,
    backbone: 'conv4',
    loss: method,
    ...{ lossName: 'clce', parameters: { lambda: 0.5 } },
    batchSize,
    contrastiveGroup,
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
  expect(trendCsv(rows).split('\n')[1]).toMatch(
    /^icons,conv4,CE,clce,0.5,novel,1,cosine,accuracy,2,,2,,3.*,,,,$/,
  );
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

it('fits a line over the contrastive groups of one batch size, whose largest is the whole batch', () => {
  // By the group CLCE rises by 1 and 3 points a doubling from 16 to 64. CE is one run for all groups, and CE + SupCon stays below
  // CLCE by 10 points.
  const rows = trendTable(
    [
      cell('CE', 64, 0, 50),
      cell('CE', 64, 1, 40),
      cell('CLCE, group = 16', 64, 0, 60, 16),
      cell('CLCE, group = 32', 64, 0, 61, 32),
      cell('CLCE, group = 64', 64, 0, 62),
      cell('CLCE, group = 16', 64, 1, 50, 16),
      cell('CLCE, group = 32', 64, 1, 53, 32),
      cell('CLCE, group = 64', 64, 1, 56),
      cell('CE + SupCon, group = 16', 64, 0, 50, 16),
      cell('CE + SupCon', 64, 0, 52),
    ],
    'CE',
  );
  expect(rows.map(({ loss }) => loss)).toEqual(['CLCE', 'CE + SupCon']);
  const [clce, supCon] = rows;
  expect(clce).toMatchObject({ batch_sizes: 1, contrastive_groups: 3, seeds: 2, reference: 'CE' });
  expect(clce!.slope).toBeCloseTo(2, 12);
  expect(clce!.slope_upper! - clce!.slope).toBeCloseTo(12.7062047362, 8);
  // Against a constant, the slope of the differences is the slope.
  expect(clce!.difference).toBeCloseTo(2, 12);
  expect(clce!.difference_upper! - clce!.difference!).toBeCloseTo(12.7062047362, 8);
  expect(supCon).toMatchObject({ contrastive_groups: 2, seeds: 1, slope: 1, slope_lower: null });
});

it('compares groups with the same group of a reference that has groups, too', () => {
  const groups = [cell('CLCE, group = 16', 64, 0, 60, 16), cell('CLCE', 64, 0, 64)];
  const others = [cell('CE + SupCon, group = 16', 64, 0, 50, 16), cell('CE + SupCon', 64, 0, 52)];
  const [supCon, clce] = trendTable([...others, ...groups], 'CE + SupCon, group = 16');
  expect(supCon).toMatchObject({ loss: 'CE + SupCon', slope: 1, reference: null });
  expect(clce).toMatchObject({ loss: 'CLCE', slope: 2, reference: 'CE + SupCon', difference: 1 });
});

it('keeps batches of other sizes apart where the group is varied', () => {
  const rows = trendTable(
    [
      cell('CLCE, group = 16', 64, 0, 60, 16),
      cell('CLCE', 64, 0, 64),
      cell('CLCE, group = 16', 128, 0, 70, 16),
      cell('CLCE', 128, 0, 73),
    ],
    'CE',
  );
  expect(
    rows.map(({ loss, batch_sizes, contrastive_groups, slope }) => [
      loss,
      batch_sizes,
      contrastive_groups,
      slope,
    ]),
  ).toEqual([
    ['CLCE, group = 16', 2, null, 10],
    ['CLCE', 2, null, 9],
    ['CLCE', 1, 2, 2],
    ['CLCE', 1, 2, 1],
  ]);
});

it('fits one line per fold, over the means of its seeds', () => {
  const inFold = (fold: number, one: FinishedCell): FinishedCell => ({
    ...one,
    facts: { ...one.facts, split: { kind: 'confirmation', fold, folds: 2 } },
  });
  // Means of fold 0 rise by 2 points a doubling, of fold 1 by 4, as the seeds above.
  const cells = [
    [0, 16, 49, 51],
    [0, 64, 50, 58],
    [1, 16, 38, 42],
    [1, 64, 48, 48],
  ].flatMap(([fold, size, first, second]) => [
    inFold(fold!, cell('CE', size!, 0, first!)),
    inFold(fold!, cell('CE', size!, 1, second!)),
  ]);
  const [row] = trendTable(cells, 'CE');
  expect(row).toMatchObject({ batch_sizes: 2, seeds: 2, folds: 2 });
  expect(row!.slope).toBeCloseTo(3, 12);
  expect(row!.slope_upper).toBeCloseTo(3 + 12.7062047362, 8);
});

it('counts distinct seeds and the folds that have a line, each by itself', () => {
  const inFold = (fold: number, one: FinishedCell): FinishedCell => ({
    ...one,
    facts: { ...one.facts, split: { kind: 'confirmation', fold, folds: 4 } },
  });
  const cells = [0, 1, 2].flatMap((fold) =>
    [16, 64].flatMap((size) =>
      [7, 9].map((seed) => inFold(fold, cell('CE', size, seed, size + seed + fold))),
    ),
  );
  const [row] = trendTable([...cells, inFold(3, cell('CE', 16, 11, 50))], 'CE');
  expect(row).toMatchObject({ batch_sizes: 2, seeds: 2, folds: 3 });
});
