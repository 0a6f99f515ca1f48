import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import type { TrainingFacts } from '../cell/cell-facts.ts';
import { type FinishedCell, reportedResult } from '../cell/reported-result.ts';
import { episodeScore } from '../testing/episode-score.ts';
import { NOVEL_ICONS } from '../testing/official-split.ts';
import { resultsCsv, resultsTable } from './results-table.ts';

const training = {
  steps: 2,
  epochs: 1,
  positives: 0.75,
  initialWeights: '',
  dataOrder: '',
  curve: [],
};
const parameters: Record<string, TrainingFacts['parameters']> = {
  ce: { labelSmoothing: 0 },
  clce: { temperature: 0.5, lambda: 0.9, detachWeights: false },
  'ce+supcon': { lambda: 0.9, form: 'out' },
};
const titles: Record<string, string> = { ce: 'CE', clce: 'CLCE', 'ce+supcon': 'CE + SupCon' };

function cell(loss: string, seed: number, correct: number[]): FinishedCell {
  const facts = {
    ...NOVEL_ICONS,
    kind: 'training' as const,
    backbone: 'conv4',
    weights: null,
    loss: titles[loss]!,
    batchSize: 64,
    seed,
    learningRate: 1,
    imagesPerStep: 64,
    lossName: loss,
    parameters: parameters[loss]!,
    optimizer: 'adamw',
    contrastiveGroup: null,
  };
  const key = `${loss}-${seed}`.padEnd(64, '0');
  const scores = [episodeScore(1, 'nearest-centroid', 10, correct)];
  return { key, facts, result: reportedResult({ scores, training, quality: null }) };
}

const pixels: FinishedCell = {
  key: 'p'.repeat(64),
  facts: { kind: 'pixels', ...NOVEL_ICONS },
  result: reportedResult({
    scores: [episodeScore(1, 'nearest-centroid', 10, [2, 2, 5])],
    training: null,
    quality: null,
  }),
};

const cells = [
  pixels,
  cell('ce', 0, [5, 6, 7]),
  cell('ce', 1, [6, 6, 6]),
  cell('ce', 2, [4, 5, 6]),
  cell('clce', 0, [6, 7, 8]),
  cell('clce', 1, [6, 6, 9]),
  cell('clce', 2, [7, 8, 9]),
];

describe('the table of a suite', () => {
  const [baseline, ce, clce] = resultsTable(cells, 'CE');

  it('gives the means in percent', () => {
    expect(baseline).toMatchObject({ backbone: 'raw pixels', value: 30, seeds: 0, difference: null });
    expect(ce!.value).toBeCloseTo((100 * (18 + 18 + 15)) / 90, 12);
    expect(clce!.value).toBeCloseTo((100 * (21 + 21 + 24)) / 90, 12);
  });

  it('pairs the difference by seed', () => {
    // 10, 10 and 30 points; scipy.stats.ttest_1samp([10, 10, 30], 0): t = 2.5, p = 0.129612.
    expect(clce!.difference).toBeCloseTo(50 / 3, 10);
    expect(clce!.p_value).toBeCloseTo(0.12961172022, 9);
    expect(clce!.difference_lower).toBeCloseTo(50 / 3 - 4.302652729696 * (20 / 3), 6);
    expect(ce!.difference).toBeNull();
  });

  it('pairs the gain over raw pixels by episode', () => {
    // Episode means 50, 56.667, 63.333 minus 20, 20, 50; 26.667 ∓ 1.96 · scipy.stats.sem.
    expect(ce!.over_pixels).toBeCloseTo(26.666666666667, 9);
    expect(ce!.over_pixels_lower).toBeCloseTo(13.066448803, 6);
    expect(ce!.over_pixels_upper).toBeCloseTo(40.26688453, 6);
    expect(baseline!.over_pixels).toBeNull();
    const [withoutBaseline] = resultsTable(cells.slice(1), 'CE');
    expect(withoutBaseline!.over_pixels).toBeNull();
  });

  it('does not depend on the order in which cells finished', () => {
    expect(resultsTable(cells.toReversed(), 'CE').find((row) => row.loss === 'CLCE')?.difference).toBeCloseTo(
      50 / 3,
      10,
    );
  });

  it('holds the learning rate and the share of images with a positive', () => {
    expect(clce).toMatchObject({ learning_rate: 1, positives: 75, measure: 'accuracy', way: 5, shot: 1 });
    expect(baseline).toMatchObject({ learning_rate: null, positives: null });
  });

  it('corrects over all tests of the table', () => {
    const three = [...cells, ...[0, 1, 2].map((seed) => cell('ce+supcon', seed, [5 + seed, 6, 9]))];
    const tested = resultsTable(three, 'CE').filter((row) => row.p_value !== null);
    expect(tested).toHaveLength(2);
    const smallest = Math.min(...tested.map((row) => row.p_value!));
    expect(Math.min(...tested.map((row) => row.p_holm!))).toBeCloseTo(2 * smallest, 12);
  });

  it('a method whose cells have all failed stays in the family', () => {
    const failed = cell('ce+supcon', 0, [0, 0, 0]);
    const pOf = (planned: FinishedCell[]) => resultsTable(cells, 'CE', planned)[2]!.p_holm!;
    expect(pOf([...cells, failed])).toBeCloseTo(2 * pOf(cells), 12);
    expect(pOf(cells)).toBeCloseTo(clce!.p_value!, 12);
  });

  it('gives every method beside the reference a verdict, by the corrected p value', () => {
    const ahead = [0, 1, 2].map((seed) => cell('ce+supcon', seed, [10, 10, 8 + [0, 1, -2][seed]!]));
    const [pixelRow, reference, undecided, better] = resultsTable([...cells, ...ahead], 'CE');
    expect([pixelRow, reference, undecided, better].map((row) => row!.verdict)).toEqual([
      null,
      null,
      'undecided',
      'better',
    ]);
    expect(better!.p_holm).toBeLessThan(0.05);
    const mirrored = resultsTable([...cells, ...ahead], 'CE + SupCon');
    expect(mirrored[1]).toMatchObject({ loss: 'CE', verdict: 'worse', p_value: better!.p_value });
  });

  it('a method with one seed stays in the family', () => {
    const [, , tested] = resultsTable([...cells, cell('ce+supcon', 0, [5, 6, 9])], 'CE');
    expect(tested!.p_holm).toBeCloseTo(2 * clce!.p_value!, 12);
  });

  it('says what a figure is measured on, and judges no method on validation data', () => {
    const ahead = [0, 1, 2].map((seed) => cell('ce+supcon', seed, [10, 10, 8 + [0, 1, -2][seed]!]));
    const on = (evaluatedOn: 'novel' | 'validation') =>
      [...cells, ...ahead].map((one) => ({ ...one, facts: { ...one.facts, evaluatedOn } }));
    const [novel, validation] = [resultsTable(on('novel'), 'CE'), resultsTable(on('validation'), 'CE')];
    expect(novel[3]).toMatchObject({ evaluated_on: 'novel', verdict: 'better' });
    expect(validation).toEqual(novel.map((row) => ({ ...row, evaluated_on: 'validation', verdict: null })));
    expect(resultsCsv(validation).split('\n')[1]).toContain(',few-shot,validation,5,1,');
    // Cells of both kinds are apart.
    expect(resultsTable([...on('novel'), ...on('validation')], 'CE').map(({ value }) => value)).toEqual(
      [...novel, ...validation].map(({ value }) => value),
    );
  });

  it('beside episodes of novel classes, the trained classes are read out on test samples', () => {
    const one = cell('ce', 0, [5, 6, 7]);
    const head = {
      ...{ kind: 'transfer' as const, classifier: 'head' as const, classes: ['a', 'b'] },
      ...{ correct: [1, 2], tested: [2, 2] },
    };
    const scores = [episodeScore(1, 'nearest-centroid', 10, [5]), head];
    const result = reportedResult({ scores, training, quality: null });
    const sides = (facts: TrainingFacts) =>
      resultsTable([{ ...one, facts, result }], 'CE').map((row) => [row.classifier, row.evaluated_on]);
    const facts = one.facts as TrainingFacts;
    expect(sides(facts)).toEqual([
      ['nearest-centroid', 'novel'],
      ['head', 'test'],
      ['head', 'test'],
    ]);
    for (const [, side] of sides({ ...facts, evaluatedOn: 'validation' })) expect(side).toBe('validation');
  });

  it('says which loss a row has, with its parameters, and what a cell cost', () => {
    expect(ce).toMatchObject({ loss_name: 'ce', 'loss.labelSmoothing': 0, steps: 2, images: 128, epochs: 1 });
    expect(baseline).toMatchObject({ loss_name: null, optimizer: null, steps: null, images: null });
    const [header, first, second, third] = resultsCsv(resultsTable(cells, 'CE')).split('\n');
    expect(header).toContain(
      'loss,loss_name,loss.detachWeights,loss.labelSmoothing,loss.lambda,loss.temperature,batch_size,contrastive_group,optimizer,learning_rate,epochs,steps,images,positives,',
    );
    expect(first).toContain(',none,,,,,,,,,,,,,,few-shot,');
    expect(second).toContain(',CE,ce,,0,,,64,,adamw,1,1,2,128,75,');
    expect(third).toContain(',CLCE,clce,false,,0.9,0.5,64,,adamw,1,1,2,128,75,');
  });

  it('keeps every digit in CSV; missing figures are empty', () => {
    const rows = parse(resultsCsv(resultsTable(cells, 'CE')), { columns: true }) as Record<string, string>[];
    expect(Number(rows[1]!['value'])).toBe(ce!.value);
    expect(rows[0]!['seed_lower']).toBe('');
    expect(rows[2]!['cells']).toBe('clce-0000000 clce-1000000 clce-2000000');
  });
});
