import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import type { CellFacts } from '../cell/cell-facts.ts';
import { type FinishedCell, reportedResult } from '../cell/reported-result.ts';
import type { Score } from '../cell/scores.ts';
import { spreadCsv, spreadTable } from './spread-table.ts';
import { type VerdictPlan, verdictCsv, verdictTable } from './verdict-table.ts';

const FOLDS = 6;
const training = { steps: 2, epochs: 1, positives: 0.5, initialWeights: '', dataOrder: '', curve: [] };
const plan: VerdictPlan = {
  margin: 1,
  comparisons: [['CLCE', 'CE']],
  scores: ['5-shot cosine', 'head'],
  planned: 2,
};

const common = (fold: number) => ({
  ...{
    dataset: 'icons',
    imageSize: 32,
    protocol: 'few-shot' as const,
    evaluatedOn: 'novel' as const,
    way: 2,
  },
  split: { kind: 'confirmation' as const, fold, folds: FOLDS },
});

/** Two novel classes a fold, and three trained ones that every fold tests. */
function scores(fold: number, novel: readonly number[], head: readonly number[] | null): Score[] {
  return [
    {
      ...{ kind: 'few-shot', shot: 5, classifier: 'cosine', way: 2, query: 1000 },
      ...{ classes: [`n${fold}a`, `n${fold}b`], drawn: [0, 1], correct: novel },
    },
    ...(head === null
      ? []
      : [
          {
            ...{ kind: 'transfer' as const, classifier: 'head' as const, classes: ['a', 'b', 'c'] },
            ...{ correct: head, tested: [1000, 1000, 1000] },
          },
        ]),
  ];
}

/** @param of correct answers of a thousand, by fold, class and seed */
function cellsOf(loss: string, of: (fold: number, k: number, seed: number) => number): FinishedCell[] {
  return Array.from({ length: FOLDS }, (_, fold) => fold).flatMap((fold) =>
    [0, 1].map((seed) => {
      const facts: CellFacts = {
        ...{ kind: 'training', ...common(fold), backbone: 'conv4', weights: null, loss, batchSize: 64 },
        ...{ seed, learningRate: 1, imagesPerStep: 64, contrastiveGroup: null },
        ...{ lossName: loss.toLowerCase(), parameters: {}, optimizer: 'adamw' },
      };
      const counts = [0, 1].map((k) => of(fold, k, seed));
      const head = [0, 1, 2].map((k) => of(fold, k, seed) - 50);
      const result = reportedResult({ scores: scores(fold, counts, head), training, quality: null });
      return { key: `${loss}-${fold}-${seed}`, facts, result };
    }),
  );
}

function pixelsOf(correct: number): FinishedCell[] {
  return Array.from({ length: FOLDS }, (_, fold) => ({
    key: `pixels-${fold}`,
    facts: { kind: 'pixels', ...common(fold) },
    result: reportedResult({
      scores: [
        { ...scores(fold, [correct, correct], null)[0]!, classifier: 'nearest-centroid' } as Score,
        {
          ...{ kind: 'transfer', classifier: 'k-nn', classes: ['a', 'b', 'c'] },
          ...{ correct: [correct, correct, correct], tested: [1000, 1000, 1000] },
        },
      ],
      training: null,
      quality: null,
    }),
  }));
}

/** Spread between folds, classes and seeds that both methods have. */
const shared = (fold: number, k: number, seed: number) => 700 + 7 * fold - 11 * k + 3 * seed;
const noise = (fold: number, k: number) => ((fold * 5 + k * 3) % 4) - 1;
const ce = cellsOf('CE', shared);
const cells = (gain: number) => [
  ...pixelsOf(300),
  ...ce,
  ...cellsOf('CLCE', (fold, k, seed) => shared(fold, k, seed) + gain + noise(fold, k)),
];

describe('verdicts over the folds of a reserve', () => {
  it('have a row for each planned comparison, with the class as the unit', () => {
    const rows = verdictTable(cells(30), 'CE', plan);
    expect(rows.map(({ score, folds, classes, runs }) => [score, folds, classes, runs])).toEqual([
      ['5-shot cosine', FOLDS, 2 * FOLDS, 2 * FOLDS],
      ['head', FOLDS, 3 * FOLDS, 2 * FOLDS],
    ]);
    for (const { verdict, difference, difference_lower: lower, family } of rows) {
      expect([verdict, family]).toEqual(['better', 4]);
      // Thirty of a thousand, and the mean of the noise.
      expect(difference).toBeCloseTo(3, 0);
      expect(lower).toBeGreaterThan(2.5);
    }
  });

  it('change their sign with the methods', () => {
    const [forth] = verdictTable(cells(30), 'CE', plan);
    const [back] = verdictTable(cells(30), 'CE', { ...plan, comparisons: [['CE', 'CLCE']] });
    expect(back!.verdict).toBe('worse');
    expect(back!.difference).toBeCloseTo(-forth!.difference!, 12);
    expect(back!.difference_lower).toBeCloseTo(-forth!.difference_upper!, 12);
    expect(back!.error_ratio).toBeCloseTo(1 / forth!.error_ratio!, 12);
    expect(back!.p_difference).toBeCloseTo(forth!.p_difference!, 12);
  });

  it('find the same method under two names equivalent, with a difference of exactly zero', () => {
    const rows = verdictTable([...pixelsOf(300), ...ce, ...cellsOf('CLCE', shared)], 'CE', plan);
    for (const row of rows) {
      expect(row).toMatchObject({
        ...{ verdict: 'equivalent', difference: 0, difference_lower: 0, difference_upper: 0 },
        ...{ p_difference: 1, p_equivalence: 0, smallest_margin: 0, error_ratio: 1 },
      });
    }
    expect(verdictCsv(rows)).not.toContain('NaN');
  });

  it('say what is better by less than the margin', () => {
    const [row] = verdictTable(cells(4), 'CE', plan);
    expect(row!.verdict).toBe('better by less than the margin');
  });

  it('are withheld where the reference does not reach raw pixels', () => {
    const untrained = [...pixelsOf(900), ...ce, ...cellsOf('CLCE', (...at) => shared(...at) + 30)];
    const rows = verdictTable(untrained, 'CE', plan);
    expect(rows.map(({ verdict }) => verdict)).toEqual(Array(2).fill('not trained enough to compare'));
    for (const row of rows) expect([row.p_difference, row.p_difference_holm]).toEqual([null, 1]);
  });

  it('keep the size of the family where a comparison is missing', () => {
    const withoutHeads = cells(30).map((cell) => ({
      ...cell,
      result: { ...cell.result, scores: cell.result.scores.slice(0, 1) },
    }));
    const [alone, ...none] = verdictTable(withoutHeads, 'CE', plan);
    const [beside] = verdictTable(cells(30), 'CE', plan);
    expect(none).toEqual([]);
    expect(alone!.family).toBe(beside!.family);
    expect(alone!.p_difference_holm).toBeGreaterThanOrEqual(beside!.p_difference_holm);
  });

  it('leave out runs of one method alone, and cells without folds', () => {
    const [, ...fewer] = ce;
    const [row] = verdictTable(
      [...pixelsOf(300), ...fewer, ...cells(30).slice(FOLDS + ce.length)],
      'CE',
      plan,
    );
    expect(row!.runs).toBe(2 * FOLDS - 1);
    const official = ce.map((cell) => ({
      ...cell,
      facts: { ...cell.facts, split: { kind: 'official' as const, fold: null, folds: null } },
    }));
    expect(verdictTable(official, 'CE', plan)).toEqual([]);
  });

  it('narrow nothing for episodes that are copies', () => {
    const copied = cells(20).map((cell) => ({
      ...cell,
      result: {
        ...cell.result,
        scores: cell.result.scores.map((score) => ({
          ...score,
          correct: Array.from(score.correct, (count) => 2 * count),
          tested: Array.from(score.tested, (count) => 2 * count),
        })),
      },
    }));
    expect(verdictTable(copied, 'CE', plan)).toEqual(verdictTable(cells(20), 'CE', plan));
  });

  it('are not made on validation data', () => {
    const validated = cells(20).map((cell) => ({
      ...cell,
      facts: { ...cell.facts, evaluatedOn: 'validation' as const },
    }));
    expect(verdictTable(cells(20), 'CE', plan)).not.toEqual([]);
    expect(verdictTable(validated, 'CE', plan)).toEqual([]);
  });

  it('are written with every column', () => {
    const rows = verdictTable(cells(30), 'CE', plan);
    const [read] = parse(verdictCsv(rows), { columns: true }) as Record<string, string>[];
    const { judgement: _, ...columns } = rows[0]!;
    expect(Object.keys(read!).sort()).toEqual(Object.keys(columns).sort());
    expect(Number(read!['difference'])).toBe(rows[0]!.difference);
  });
});

describe('spreads over the folds', () => {
  const rows = spreadTable(cells(30), plan);

  it('are there for each method alone and for each comparison', () => {
    expect(rows.map(({ score, method, other }) => [score, method, other])).toEqual(
      ['5-shot cosine', 'head'].flatMap((score) => [
        [score, 'CLCE', null],
        [score, 'CE', null],
        [score, 'CLCE', 'CE'],
      ]),
    );
    for (const row of rows) expect(row).toMatchObject({ folds: FOLDS, seeds: 2 });
    expect(rows.map(({ classes }) => classes)).toEqual([2, 2, 2, 3, 3, 3]);
    expect(spreadCsv(rows).split('\n')[0]).toContain('fold_spread,seed_spread,class_spread,rest_spread');
  });

  it('are those of the parts that the cells are made of', () => {
    const [, alone, difference] = rows;
    // CE: 7 of a thousand a fold, 11 a class, 3 a seed, and nothing else.
    expect(alone!.class_spread).toBeCloseTo(1.1 / Math.SQRT2, 9);
    expect(alone!.seed_spread).toBeCloseTo(0.3 / Math.SQRT2, 9);
    expect(alone!.rest_spread).toBeCloseTo(0, 6);
    expect(alone!.fold_spread).toBeGreaterThan(1);
    // What both methods have is not in their difference.
    expect(difference!.seed_spread).toBe(0);
    expect(difference!.fold_spread + difference!.class_spread).toBeLessThan(0.5);
  });

  it('are not known before every fold has two seeds', () => {
    expect(spreadTable(ce.slice(0, -1), plan)).toEqual([]);
    expect(spreadTable(ce, plan).map(({ method }) => method)).toEqual(['CE', 'CE']);
  });
});
