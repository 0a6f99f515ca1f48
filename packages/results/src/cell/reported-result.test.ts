import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { embeddingMapTable, similarityTable } from '../tables/embedding-tables.ts';
import { resultsTable } from '../tables/results-table.ts';
import { seedTable } from '../tables/seed-table.ts';
import { trendTable } from '../tables/trends.ts';
import type { CellFacts } from './cell-facts.ts';
import type { CellResult } from './cell-result.ts';
import { type FinishedCell, mapOfFirstSeed, parseReportedResult } from './reported-result.ts';

const SEEDS = 3;
const LOSSES = ['CE', 'CLCE'];
const BATCHES = [16, 32];

/** @param most the greatest count, which decides how counts are packed */
function resultOf(seed: number, place: number, most: number): CellResult {
  const count = (at: number) => (seed * 31 + place * 17 + at * 7) % (most + 1);
  const bins = (from: number) => Array.from({ length: 40 }, (_, bin) => count(from + bin) + 1);
  return {
    scores: [
      {
        kind: 'few-shot',
        shot: 1,
        classifier: 'cosine',
        queriesPerEpisode: most,
        correct: Array.from({ length: 40 }, (_, episode) => count(episode)),
      },
      { kind: 'transfer', classifier: 'k-nn', correct: [count(1), 0], tested: [most, 0] },
    ],
    training: {
      steps: 2,
      epochs: 1,
      positives: 0.5,
      initialWeights: 'a',
      dataOrder: 'b',
      curve: [{ step: 1, loss: 1, crossEntropy: 1, contrastive: 0, gradientNorm: 1 }],
    },
    quality: {
      samples: 2,
      ...{
        isotropy: 0.1,
        alignment: seed,
        uniformity: -place / 10,
        recallAt1: 0.5,
        mapAtR: 0.5,
        silhouette: 0,
      },
      similarities: { within: bins(0), between: bins(50) },
      map: { classes: ['star'], points: [[0, seed + 0.5, -place]] },
    },
  };
}

const plan = LOSSES.flatMap((loss) =>
  BATCHES.flatMap((batchSize) =>
    Array.from({ length: SEEDS }, (_, seed) => ({
      key: `${loss}-${batchSize}-${seed}`,
      facts: {
        kind: 'training',
        ...{ dataset: 'icons', imageSize: 32, protocol: 'few-shot', way: 5, backbone: 'conv4' },
        ...{ weights: null, loss, batchSize, seed, learningRate: 1 },
      } as CellFacts,
    })),
  ),
);

const tablesOf = (cells: readonly FinishedCell[]) => ({
  results: resultsTable(cells, 'CE'),
  seeds: seedTable(cells),
  trends: trendTable(cells, 'CE'),
  similarities: similarityTable(cells),
  map: embeddingMapTable(cells),
});

describe('a reported result', () => {
  it.each([10, 200, 60_000, 100_000])(
    'gives the tables of the whole result, with counts up to %i',
    (most) => {
      const whole = plan.map((cell, place) => ({ ...cell, result: resultOf(place % SEEDS, place, most) }));
      const reported = whole.map((cell) => ({ ...cell, result: parseReportedResult(cell.result) }));
      const forgetMap = mapOfFirstSeed(plan);
      for (const cell of reported) forgetMap(cell, cell.result);
      expect(tablesOf(reported)).toEqual(tablesOf(whole));
      expect(JSON.stringify(reported)).not.toContain('curve');
    },
  );

  it('keeps one map a setting, that of the first finished seed, in whatever order cells finish', () => {
    const order = fc.shuffledSubarray(plan.map((_, place) => place));
    fc.assert(
      fc.property(order, (finished) => {
        const cells = plan.map((cell, place) => ({
          ...cell,
          result: parseReportedResult(resultOf(0, place, 9)),
        }));
        const forgetMap = mapOfFirstSeed(plan);
        for (const place of finished) forgetMap(cells[place]!, cells[place]!.result);
        const inOrder = finished.toSorted((one, other) => one - other);
        const settings = new Set(inOrder.map((place) => Math.floor(place / SEEDS)));
        const first = [...settings].map(
          (setting) => inOrder.find((at) => Math.floor(at / SEEDS) === setting)!,
        );
        const kept = inOrder.filter((place) => cells[place]!.result.quality!.map !== null);
        expect(kept).toEqual(first);
      }),
      { seed: 25 },
    );
  });
});
