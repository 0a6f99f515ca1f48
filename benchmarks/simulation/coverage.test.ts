/**
 * The quick form of `bench:coverage`. Seeds are fixed, so the counts are the same in every run. 93 % is nearly two standard errors of a share of
 * a few hundred studies below 95 %; the test rejects in the rest.
 */
import { classDifference, differenceP, judge, powerOf } from '@clce/statistics';
import { describe, expect, it } from 'vitest';
import { coverageOf } from './coverage.ts';
import { normals, type Scenario, simulateStudy } from './study.ts';

const FOLDS = [8, 9, 10, 10, 10, 10, 11, 12];
const STUDIES = 300;

const scenario = (fold: number): Scenario => ({
  folds: FOLDS,
  seeds: 2,
  spreads: { fold, seed: 0.8, class: 2, rest: 2 },
  difference: 0,
});

describe(`over ${STUDIES} simulated studies`, () => {
  it.each([0.25, 0.5, 1])('a spread between folds of %d: intervals cover, and the level is kept', (fold) => {
    const { studies, covered, ratioCovered, rejected, decided } = coverageOf(scenario(fold), STUDIES, 3, 0);
    expect(studies).toBe(STUDIES);
    expect(covered).toBeGreaterThanOrEqual(0.93 * STUDIES);
    expect(ratioCovered).toBeGreaterThanOrEqual(0.93 * STUDIES);
    expect(decided).toBeLessThanOrEqual(0.06 * STUDIES);
    // Every study is one or the other: the interval and the test agree.
    expect(covered + rejected).toBe(STUDIES);
    // An interval that held everything would cover, too.
    expect(covered).toBeLessThan(STUDIES);
  });

  it('unequal folds and a missing training run cost no coverage', () => {
    const unequal = { ...scenario(0.5), folds: [4, 6, 8, 10, 12, 14, 16, 20], missingRun: true };
    const { covered, rejected } = coverageOf(unequal, STUDIES, 3, 0);
    expect(covered).toBeGreaterThanOrEqual(0.93 * STUDIES);
    expect(covered + rejected).toBe(STUDIES);
  });

  it('intervals cover a true difference and its ratio of errors, too', () => {
    const { covered, ratioCovered } = coverageOf({ ...scenario(0.5), difference: 3 }, STUDIES, 3, 0);
    expect(covered).toBeGreaterThanOrEqual(0.93 * STUDIES);
    expect(ratioCovered).toBeGreaterThanOrEqual(0.93 * STUDIES);
  });

  it('a percentile bootstrap over the classes within folds undercovers where folds spread', () => {
    const { covered, bootstrapCovered } = coverageOf(scenario(1), 200, 3, 100);
    expect(covered).toBeGreaterThanOrEqual(0.93 * 200);
    expect(bootstrapCovered).toBeLessThan(0.85 * 200);
  });

  it('finds what the formula of the power says, in 80 %', () => {
    const { spreads, seeds } = scenario(0.5);
    const equal = { folds: Array.from({ length: 8 }, () => 10), seeds, spreads };
    const { difference, margin } = powerOf({ folds: 8, seeds, classes: 10 }, spreads, 0.05, 0.8);
    const shareOf = (truth: number, found: (study: ReturnType<typeof classDifference>) => boolean) => {
      const normal = normals(5);
      let count = 0;
      for (let at = 0; at < STUDIES; at++) {
        const { a, b } = simulateStudy({ ...equal, difference: truth }, normal);
        count += Number(found(classDifference(a, b)));
      }
      return count / STUDIES;
    };
    const twoStandardErrors = 2 * Math.sqrt((0.8 * 0.2) / STUDIES);
    const finds = shareOf(difference, (study) => differenceP(study.difference)! <= 0.05);
    // One comparison at twice the level: its equivalence test alone has the level 0.05.
    const agrees = shareOf(0, (study) => {
      const [judged] = judge([{ difference: study.difference, margin, trainedEnough: true }], 1, 0.1);
      return judged!.equivalenceTest.p! <= 0.05;
    });
    expect(Math.abs(finds - 0.8)).toBeLessThan(twoStandardErrors);
    expect(Math.abs(agrees - 0.8)).toBeLessThan(twoStandardErrors);
  });
});
