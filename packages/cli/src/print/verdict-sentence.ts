/** The verdict on two methods as sentences. Exchanged methods give the mirrored sentence. */
import type { Judgement } from '@clce/statistics';
import { probability, withInterval } from './figures.ts';

/** @param method, other the names of the two methods; the judgement is of `method` − `other` */
export function verdictSentence(method: string, other: string, judgement: Judgement): string {
  const { verdict, difference, margin, unadjustedInterval, smallestMargin, familySize } = judgement;
  const within = `${margin} ${margin === 1 ? 'point' : 'points'}`;
  const finding: Readonly<Record<Judgement['verdict'], string>> = {
    better: `${method} is better than ${other}`,
    worse: `${method} is worse than ${other}`,
    equivalent: `${method} and ${other} are equivalent within ${within}`,
    'better by less than the margin': `${method} is better than ${other}, by less than ${within}`,
    'worse by less than the margin': `${method} is worse than ${other}, by less than ${within}`,
    undecided: `Undecided between ${method} and ${other}`,
    'not trained enough to compare': `${method} and ${other} are not trained enough to compare`,
  };
  if (verdict === 'not trained enough to compare') {
    return `${finding[verdict]}. Their tests count with p = 1 in the family of ${familySize}.`;
  }
  if (unadjustedInterval === null || difference === null) {
    const figure = difference === null ? 'no difference' : `${withInterval(difference, null, null)} points`;
    return `${finding[verdict]}: ${figure}, no interval. Their tests count with p = 1 in the family of ${familySize}.`;
  }
  const { lower, upper, level } = unadjustedInterval;
  const interval = `${withInterval(difference, lower, upper)} points, unadjusted ${Math.round(100 * level)} % interval`;
  const tests = `p ${p(judgement.differenceTest.adjustedP)} for a difference, ${p(judgement.equivalenceTest.adjustedP)} for equivalence, Holm over ${familySize} tests`;
  const least =
    smallestMargin === null ? '' : ` The data support a margin of ${smallestMargin.toFixed(2)} points.`;
  return `${finding[verdict]}: ${interval}; ${tests}.${least}`;
}

function p(value: number): string {
  return value < 0.001 ? probability(value) : `= ${probability(value)}`;
}
