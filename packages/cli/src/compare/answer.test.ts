import type { VerdictRow } from '@clce/results';
import { judge } from '@clce/statistics';
import { describe, expect, it } from 'vitest';
import { headline, recommended } from './answer.ts';

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
