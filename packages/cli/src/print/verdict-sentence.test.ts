import { type Difference, judge, verdicts } from '@clce/statistics';
import { describe, expect, it } from 'vitest';
import { verdictSentence } from './verdict-sentence.ts';

const estimated = (difference: number, standardError: number) => ({
  kind: 'estimated' as const,
  difference,
  standardError,
  degreesOfFreedom: 7,
});

function sentence(difference: Difference, [method, other] = ['CLCE', 'CE'], trainedEnough = true): string {
  const [judged] = judge([{ difference, margin: 1, trainedEnough }], 2);
  return verdictSentence(method!, other!, judged!);
}

/** One difference a verdict. */
const DIFFERENCES = {
  better: estimated(2, 0.3),
  worse: estimated(-2, 0.3),
  equivalent: estimated(0.05, 0.2),
  'better by less than the margin': estimated(0.5, 0.1),
  'worse by less than the margin': estimated(-0.5, 0.1),
  undecided: estimated(0.8, 0.6),
} as const;

describe('verdictSentence', () => {
  it.each([
    ['better', 'CLCE is better than CE: +2.00 [+1.29, +2.71] points'],
    ['worse', 'CLCE is worse than CE: −2.00 [−2.71, −1.29] points'],
    ['equivalent', 'CLCE and CE are equivalent within 1 point: +0.05 [−0.42, +0.52] points'],
    [
      'better by less than the margin',
      'CLCE is better than CE, by less than 1 point: +0.50 [+0.26, +0.74] points',
    ],
    [
      'worse by less than the margin',
      'CLCE is worse than CE, by less than 1 point: −0.50 [−0.74, −0.26] points',
    ],
    ['undecided', 'Undecided between CLCE and CE: +0.80 [−0.62, +2.22] points'],
  ] as const)('%s', (verdict, start) => {
    const text = sentence(DIFFERENCES[verdict]);
    expect(text.slice(0, start.length)).toBe(start);
    expect(text).toContain('unadjusted 95 % interval');
    expect(text).toContain('Holm over 4 tests');
    expect(text).toMatch(/The data support a margin of \d\.\d\d points\.$/);
  });

  it('has a sentence for every verdict', () => {
    expect([...Object.keys(DIFFERENCES), 'not trained enough to compare'].toSorted()).toEqual(
      verdicts.toSorted(),
    );
  });

  it('not trained enough to compare: no figure, and the tests count', () => {
    expect(sentence(estimated(5, 0.1), ['CLCE', 'CE'], false)).toBe(
      'CLCE and CE are not trained enough to compare. Their tests count with p = 1 in the family of 4.',
    );
  });

  it('says that there is no interval, or no difference at all', () => {
    expect(sentence({ kind: 'undefined', difference: 1.5, reason: 'fewer than two folds' })).toBe(
      'Undecided between CLCE and CE: +1.50 points, no interval. Their tests count with p = 1 in the family of 4.',
    );
    expect(sentence({ kind: 'undefined', difference: null, reason: 'no class of both methods' })).toBe(
      'Undecided between CLCE and CE: no difference, no interval. Their tests count with p = 1 in the family of 4.',
    );
  });

  it('has no NaN for one method under two names', () => {
    expect(sentence({ kind: 'identical', difference: 0 }, ['CE', 'CE again'])).toBe(
      'CE and CE again are equivalent within 1 point: +0.00 [+0.00, +0.00] points, unadjusted 95 % interval; p = 1.000 for a difference, < 0.001 for equivalence, Holm over 4 tests. The data support a margin of 0.00 points.',
    );
  });

  it.each(Object.entries(DIFFERENCES))('mirrors the sentence of exchanged methods: %s', (_, difference) => {
    const exchanged = sentence(estimated(-difference.difference, difference.standardError), ['CE', 'CLCE']);
    const words = sentence(difference).match(/^[^:]*/)![0];
    const mirrored = words
      .replace(/CLCE|CE/g, (name) => (name === 'CE' ? 'CLCE' : 'CE'))
      .replace(/better|worse/, (word) => (word === 'better' ? 'worse' : 'better'));
    expect(exchanged.match(/^[^:]*/)![0]).toBe(mirrored);
    const tests = /; p .*/;
    expect(exchanged.match(tests)![0]).toBe(sentence(difference).match(tests)![0]);
  });
});
