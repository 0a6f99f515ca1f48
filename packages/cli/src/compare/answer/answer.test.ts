import { type VerdictRow, verdictTable } from '@clce/results';
import { judge } from '@clce/statistics';
import { describe, expect, it } from 'vitest';
import type { FinishedSuiteCell } from '../../run/run-plan.ts';
import { answerText, headline, recommended } from './answer.ts';

/** One standard error and difference a verdict, with seven degrees of freedom and a margin of one point. */
const FOUND = {
  better: [2, 0.3],
  worse: [-2, 0.3],
  equivalent: [0.05, 0.2],
  'better by less than the margin': [0.5, 0.1],
  'worse by less than the margin': [-0.5, 0.1],
  undecided: [0.8, 0.6],
} as const;

function row(
  method: string,
  verdict: keyof typeof FOUND | 'not trained enough to compare',
  more = {},
): VerdictRow {
  const trainedEnough = verdict !== 'not trained enough to compare';
  const [difference, standardError] = trainedEnough ? FOUND[verdict] : FOUND.better;
  const estimated = { kind: 'estimated' as const, difference, standardError, degreesOfFreedom: 7 };
  const [judgement] = judge([{ difference: estimated, margin: 1, trainedEnough }], 2);
  expect(judgement!.verdict).toBe(verdict);
  return {
    method,
    other: 'CE',
    score: 'head',
    verdict,
    difference,
    margin: 1,
    judgement: judgement!,
    ...more,
  } as VerdictRow;
}

describe('the headline', () => {
  it.each([
    [['better'], 'Take CLCE: on new pictures of the same classes it is better than CE.'],
    [['worse'], 'Keep CE: on new pictures of the same classes no other loss is better by 1 point or more.'],
    [
      ['equivalent'],
      'Keep CE: on new pictures of the same classes no other loss is better by 1 point or more.',
    ],
    [
      ['better by less than the margin'],
      'Keep CE: on new pictures of the same classes no other loss is better by 1 point or more.',
    ],
    [
      ['undecided'],
      'Undecided on new pictures of the same classes between CE, CLCE: keep CE until more is known.',
    ],
    [
      ['not trained enough to compare'],
      'No answer on new pictures of the same classes: CE is less accurate than k-NN on raw pixels. Start from pretrained weights, or give a larger budget.',
    ],
  ] as const)('of %j is that of its verdict', ([verdict], text) => {
    expect(headline([row('CLCE', verdict)], 'CE', 'head')).toBe(text);
  });

  it('is undecided where one loss of several is, unless another one is better', () => {
    const rows = [row('SupCon', 'worse'), row('CLCE', 'undecided')];
    expect(headline(rows, 'CE', 'head')).toMatch(/^Undecided .* between CE, CLCE: keep CE/);
    expect(headline([...rows, row('H-SCL', 'better')], 'CE', 'head')).toMatch(/^Take H-SCL:/);
  });

  it('takes the best of several better losses', () => {
    const rows = [row('CLCE', 'better'), row('H-SCL', 'better', { difference: 3 })];
    expect(headline(rows, 'CE', 'head')).toMatch(/^Take H-SCL:/);
  });

  it('recommends nothing without a comparison', () => {
    expect(headline([], 'CE', 'head')).toMatch(/^Undecided/);
  });
});

describe('the recommended loss', () => {
  it('is the reference, unless a loss is better on one score and worse on none', () => {
    const better = row('CLCE', 'better');
    expect(recommended([row('CLCE', 'undecided')], 'CE')).toBe('CE');
    expect(
      recommended([better, row('CLCE', 'undecided', { score: '5-shot logistic-regression' })], 'CE'),
    ).toBe('CLCE');
    expect(recommended([better, row('CLCE', 'worse', { score: '5-shot logistic-regression' })], 'CE')).toBe(
      'CE',
    );
    expect(recommended([better, row('CLCE', 'worse by less than the margin')], 'CE')).toBe('CE');
  });
});

describe('a class of 95 pictures beside one of 5', () => {
  const fold = (loss: string, at: number, correct: readonly number[]) =>
    ({
      key: `${loss} ${at}`,
      facts: {
        ...{
          kind: 'training',
          dataset: 'd',
          imageSize: 16,
          backbone: 'conv4',
          weights: null,
          loss,
          lossName: 'ce',
        },
        ...{
          parameters: {},
          batchSize: 16,
          imagesPerStep: 16,
          contrastiveGroup: null,
          seed: 0,
          learningRate: 1,
        },
        ...{ optimizer: 'adamw', protocol: 'transfer', evaluatedOn: 'test', way: null },
        split: { kind: 'confirmation', fold: at, folds: 4 },
      },
      result: {
        scores: [
          { kind: 'transfer', classifier: 'head', classes: ['many', 'few'], tested: [95, 5], correct },
        ],
        ...{ training: null, quality: null },
      },
      provenance: null,
    }) as unknown as FinishedSuiteCell;
  const plan = { margin: 1, comparisons: [['constant', 'CE']] as const, scores: ['head'], planned: 1 };
  const judged = (ofCe: (at: number) => readonly number[]) => {
    const cells = [0, 1, 2, 3].flatMap((at) => [fold('CE', at, ofCe(at)), fold('constant', at, [95, 0])]);
    const verdicts = verdictTable(cells, 'CE', plan);
    const costs = ['CE', 'constant'].map((title) => ({ title, secondsPerStep: 0.1, overheadSeconds: 1 }));
    return { verdicts, text: answerText({ reference: 'CE', verdicts, cells, scores: ['head'], costs }, 200) };
  };

  it('a constant answer of 95 % plain accuracy loses against one that knows both classes', () => {
    const { verdicts, text } = judged((at) => [75 + at, 4]);
    expect(verdicts[0]!.verdict).toBe('worse');
    expect(text).toMatch(/^Keep CE:/);
    expect(text).toMatch(/^constant +50\.0 +95\.0 +0\.0 few /m);
    expect(text).toMatch(/^always many +50\.0 +95\.0 +0\.0 all others /m);
  });

  it('two constant answers have no winner', () => {
    const { verdicts, text } = judged(() => [95, 0]);
    expect(verdicts[0]!.verdict).toBe('equivalent');
    expect(text).toMatch(/^Keep CE:/);
  });
});
