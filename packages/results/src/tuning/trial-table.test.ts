import { describe, expect, it } from 'vitest';
import { reportedAsJson, reportedFromJson, reportedResult } from '../cell/reported-result.ts';
import { episodeScore } from '../testing/episode-score.ts';
import { OFFICIAL } from '../testing/official-split.ts';
import { parseTrialCsv, trialCsv } from './trial-csv.ts';
import { type FinishedTrial, trialTable } from './trial-table.ts';

const facts = {
  ...{
    kind: 'training' as const,
    dataset: 'icons',
    imageSize: 16,
    protocol: 'few-shot' as const,
    evaluatedOn: 'novel' as const,
    way: 2,
  },
  ...{ split: OFFICIAL, lossName: 'ce', parameters: {}, contrastiveGroup: null, optimizer: 'adamw' },
  ...{ backbone: 'conv4', weights: null, batchSize: 16, imagesPerStep: 16, seed: 0, learningRate: 0.1 },
};

const diverged = { step: 3, what: 'the loss is NaN' };

/** A trial with this accuracy in percent; null diverged. */
function trialOf(method: string, trial: number, accuracy: number | null, more = {}): FinishedTrial {
  const result =
    accuracy === null
      ? reportedResult({ scores: [], training: null, quality: null, diverged })
      : reportedResult({
          scores: [
            episodeScore(1, 'cosine', 100, [accuracy]),
            episodeScore(5, 'cosine', 100, [accuracy === 100 ? 100 : accuracy + 1]),
          ],
          training: null,
          quality: null,
        });
  return {
    key: `${method}-${trial}`.padEnd(64, '0'),
    facts: { ...facts, loss: `${method}, trial ${trial}` },
    ...{ method, trial, result },
    ...{ values: { 'recipe.learningRate': trial / 100 }, edge: '' },
    ...more,
  };
}

const trialsOf = (method: string, accuracies: readonly (number | null)[]) =>
  accuracies.map((accuracy, at) => trialOf(method, at + 1, accuracy));

const chosenOf = (trials: readonly FinishedTrial[], criterion = ['1-shot cosine']) =>
  trialTable(trials, criterion).flatMap(({ method, trial, chosen }) => (chosen ? [[method, trial]] : []));

describe('the choice', () => {
  it('is the best trial of each method, and the lowest of equal ones, in whatever order they come', () => {
    const trials = [...trialsOf('CE', [60, 80, 80, 70]), ...trialsOf('CLCE', [90, 50, 90, 20])];
    expect(chosenOf(trials)).toEqual([
      ['CE', 2],
      ['CLCE', 1],
    ]);
    expect(chosenOf(trials.toReversed()).toSorted()).toEqual([
      ['CE', 2],
      ['CLCE', 1],
    ]);
  });

  it.each([0, 1, 3])('never is a trial that diverged, at place %d', (at) => {
    const accuracies = [60, 70, 50, 0];
    const lost = accuracies.map((accuracy, place) => (place === at ? null : accuracy));
    expect(chosenOf(trialsOf('CE', lost))).toEqual([['CE', at === 1 ? 1 : 2]]);
    // 0 % is better than a training that diverged.
    expect(
      chosenOf(
        trialsOf(
          'CE',
          [0, 0, 0, 0].map((zero, place) => (place === at ? null : zero)),
        ),
      ),
    ).toEqual([['CE', at === 0 ? 2 : 1]]);
  });

  it('is by the mean over the scores, of which a name may have another in its place', () => {
    const [row] = trialTable(trialsOf('CE', [60, 50]), ['head|1-shot cosine', '5-shot cosine']);
    expect(row).toMatchObject({ scores: { 'head|1-shot cosine': 60, '5-shot cosine': 61 }, mean: 60.5 });
    expect(() => trialTable(trialsOf('CE', [60, 50]), ['head'])).toThrow(
      'CE, trial 1: its result has no head',
    );
  });

  it('is by setting', () => {
    const other = trialsOf('CE', [90, 10]).map((trial) => ({
      ...trial,
      facts: { ...facts, loss: 'CE', dataset: 'typefaces' },
    }));
    const rows = trialTable([...trialsOf('CE', [10, 90]), ...other], ['1-shot cosine']);
    expect(rows.map(({ chosen }) => chosen)).toEqual([false, true, true, false]);
  });

  it('is refused where trials are missing or doubled, or where all of them diverged', () => {
    const ce = trialsOf('CE', [60, 70]);
    expect(() => trialTable([...ce, ...trialsOf('CLCE', [80])], ['1-shot cosine'])).toThrow(
      /^icons · conv4 · CLCE · batch 16: 1 of 2 trials; a choice needs as many trials of each method$/,
    );
    expect(() => trialTable([ce[0]!, ce[0]!], ['1-shot cosine'])).toThrow(/1 of 2 trials/);
    expect(() => trialTable(trialsOf('CE', [null, null]), ['1-shot cosine'])).toThrow(
      /all 2 trials diverged/,
    );
  });
});

describe('SUITE.trials.csv', () => {
  const rows = trialTable(
    [
      trialOf('CE', 1, 60),
      trialOf('CE', 2, null, { edge: 'recipe.learningRate: upper 10 %' }),
      trialOf('=CLCE', 1, 50, { values: { 'recipe.learningRate': 0.01, 'loss.form': 'in' } }),
      trialOf('=CLCE', 2, 70, { values: { 'recipe.learningRate': 0.02, 'loss.form': null } }),
    ],
    ['1-shot cosine'],
  );

  it('has a row a trial and names the ones that diverged', () => {
    expect(trialCsv(rows)).toBe(
      [
        'dataset,backbone,batch_size,method,trial,recipe.learningRate,loss.form,1-shot cosine,mean,chosen,edge,diverged,cell',
        'icons,conv4,16,CE,1,0.01,,60,60,true,,,CE-100000000',
        'icons,conv4,16,CE,2,0.02,,,,false,recipe.learningRate: upper 10 %,step 3: the loss is NaN,CE-200000000',
        "icons,conv4,16,'=CLCE,1,0.01,in,50,50,false,,,'=CLCE-100000",
        "icons,conv4,16,'=CLCE,2,0.02,null,70,70,true,,,'=CLCE-200000",
        '',
      ].join('\n'),
    );
  });

  it('gives the same text after it is read', () => {
    expect(trialCsv(parseTrialCsv(trialCsv(rows), 'x.csv'))).toBe(trialCsv(rows));
  });

  it('tells a kept value of the preset from an entry that a method does not have', () => {
    const [row] = rows;
    const entries = { 'recipe.samplesPerClass': null, 'loss.form': 'in' };
    const { 'loss.form': form, ...without } = entries;
    const read = parseTrialCsv(
      trialCsv([
        { ...row!, values: { ...without } },
        { ...row!, values: { 'loss.form': form } },
      ]),
      'x.csv',
    );
    expect(read.map(({ values }) => values)).toEqual([without, { 'loss.form': form }]);
  });

  it.each([
    ['60,60,true', '60,160,true', 'x.csv, line 2, mean: expected an accuracy from 0 to 100'],
    ['60,60,true', '60,60,yes', 'x.csv, line 2, chosen: expected true or false'],
    ['CE,1,', 'CE,0,', 'x.csv, line 2, trial: expected a whole number from 1 on'],
    ['diverged,cell', 'diverged,key', 'x.csv, line 2, cell: expected a column of this name'],
  ])('%s → %s: refused in one line', (from, to, message) => {
    expect(() => parseTrialCsv(trialCsv(rows).replace(from, to), 'x.csv')).toThrow(message);
  });
});

it('a result that diverged passes the index of a ledger', () => {
  const { result } = trialOf('CE', 1, null);
  expect(reportedFromJson(JSON.parse(JSON.stringify(reportedAsJson(result))))).toEqual(result);
});
