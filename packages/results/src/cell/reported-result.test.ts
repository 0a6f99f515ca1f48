import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { embeddingMapTable, similarityTable } from '../tables/embedding-tables.ts';
import { resultsTable } from '../tables/results-table.ts';
import { seedTable } from '../tables/seed-table.ts';
import { trendTable } from '../tables/trends.ts';
import { NOVEL_ICONS } from '../testing/official-split.ts';
import type { CellFacts } from './cell-facts.ts';
import type { CellResult } from './cell-result.ts';
import {
  type FinishedCell,
  mapOfFirstSeed,
  parseReportedResult,
  type ReportedResult,
  type ReportedScore,
} from './reported-result.ts';

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
        ...{ way: 2, query: most, classes: ['bell', 'moon', 'star'] },
        drawn: Array.from({ length: 40 }, (_, episode) => [
          episode % 3,
          (episode + 1 + (episode % 2)) % 3,
        ]).flat(),
        correct: Array.from({ length: 80 }, (_, at) => count(at)),
      },
      {
        kind: 'transfer',
        classifier: 'k-nn',
        classes: ['key', 'sun'],
        correct: [count(1), 0],
        tested: [most, 0],
      },
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
        ...NOVEL_ICONS,
        backbone: 'conv4',
        ...{ weights: null, loss, batchSize, seed, learningRate: 1 },
        ...{ lossName: 'ce', parameters: {}, optimizer: 'adamw' },
      } as CellFacts,
    })),
  ),
);

/** Looks for every class in every episode. */
function slowlyReported({ scores, ...result }: CellResult): ReportedResult {
  return {
    ...result,
    scores: scores.map((score) => {
      if (score.kind === 'transfer') return score;
      const { kind, shot, classifier, way, query, classes, drawn, correct } = score;
      const episodes = Array.from({ length: drawn.length / way }, (_, episode) =>
        Array.from({ length: way }, (_, k) => ({
          name: classes[drawn[episode * way + k]!]!,
          right: correct[episode * way + k]!,
        })),
      );
      const right = (some: readonly { readonly right: number }[]) =>
        some.reduce((sum, one) => sum + one.right, 0);
      const of = (name: string) => episodes.flat().filter((one) => one.name === name);
      return {
        ...{ kind, shot, classifier, queriesPerEpisode: way * query, classes },
        perEpisode: episodes.map(right),
        tested: classes.map((name) => query * of(name).length),
        correct: classes.map((name) => right(of(name))),
      };
    }),
  };
}

function plain(score: ReportedScore): object {
  const counts = { tested: Array.from(score.tested), correct: Array.from(score.correct) };
  return score.kind === 'transfer'
    ? { ...score, ...counts }
    : { ...score, ...counts, perEpisode: Array.from(score.perEpisode) };
}

const tablesOf = (cells: readonly FinishedCell[]) => ({
  results: resultsTable(cells, 'CE'),
  seeds: seedTable(cells),
  trends: trendTable(cells, 'CE'),
  similarities: similarityTable(cells),
  map: embeddingMapTable(cells),
});

describe('a reported result', () => {
  it.each([10, 200, 60_000, 100_000])(
    'gives the tables of counts that a slow loop adds up, with counts up to %i',
    (most) => {
      const whole = plan.map((cell, place) => ({ ...cell, result: resultOf(place % SEEDS, place, most) }));
      const reported = whole.map((cell) => ({ ...cell, result: parseReportedResult(cell.result) }));
      const slow = whole.map((cell) => ({ ...cell, result: slowlyReported(cell.result) }));
      const maps = mapOfFirstSeed(plan);
      for (const cell of reported) maps.forget(cell.key, cell.result);
      expect(tablesOf(reported)).toEqual(tablesOf(slow));
      for (const [at, { result }] of reported.entries()) {
        expect(result.scores.map(plain)).toEqual(slow[at]!.result.scores);
      }
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
        const maps = mapOfFirstSeed(plan);
        for (const place of finished) maps.forget(cells[place]!.key, cells[place]!.result);
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
