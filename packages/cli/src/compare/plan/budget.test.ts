import { describe, expect, it } from 'vitest';
import { headMeasure } from './assumed-spreads.ts';
import { leastSeconds, planBudget, type Question, secondsOf } from './budget.ts';

const question: Question = {
  costs: ['CE', 'CLCE'].map((title) => ({ title, secondsPerStep: 0.1, overheadSeconds: 8 })),
  workers: 2,
  comparisons: 1,
  mostFolds: 12,
  measures: (folds) => [headMeasure(Array<number>(12).fill(16 / folds))],
  steps: { wanted: 400, least: 100 },
};
const planned = (seconds: number, changes: Partial<Question> = {}) => {
  const plan = planBudget({ ...question, ...changes }, seconds);
  if (plan === undefined) throw new Error('no plan');
  return plan;
};

describe('a plan', () => {
  it('takes no longer than the budget, and most of it where the data allows', () => {
    for (const minutes of [8, 15, 30, 60]) {
      const { seconds } = planned(60 * minutes);
      expect(seconds).toBeLessThanOrEqual(0.9 * 60 * minutes);
      expect(seconds).toBeGreaterThan(0.75 * 60 * minutes);
    }
  });

  it('costs what its trainings cost', () => {
    const { seconds, ...plan } = planned(900);
    expect(seconds).toBe(secondsOf(question, plan));
    // Two methods at once: each training takes 8 s and 0.1 s a step. The last one has half of the steps.
    const trainings = plan.trials + plan.folds * plan.seeds;
    expect(seconds).toBeCloseTo(trainings * (8 + 0.1 * plan.steps) + 8 + 0.05 * plan.steps, 9);
  });

  it('of twice the budget shows a smaller difference, or trains longer where the data sets the limit', () => {
    for (const minutes of [5, 8, 15, 30, 60]) {
      const [one, two] = [planned(60 * minutes), planned(120 * minutes)];
      const isBetter = two.steps > one.steps || two.trials > one.trials || two.difference < one.difference;
      expect(isBetter, `${minutes} minutes`).toBe(true);
    }
  });

  it('trains long enough and tries enough before it adds folds', () => {
    const short = planned(1.01 * leastSeconds(question));
    expect([short.trials, short.folds, short.seeds]).toEqual([4, 3, 1]);
    expect(short.steps).toBeLessThan(question.steps.wanted);
    const middle = planned(900);
    expect(middle.steps).toBeGreaterThanOrEqual(400);
    expect(middle.trials).toBeGreaterThanOrEqual(8);
  });

  it('is missing where the smallest one takes longer', () => {
    expect(planBudget(question, 0.99 * leastSeconds(question))).toBeUndefined();
    expect(planBudget(question, 1.01 * leastSeconds(question))).toBeDefined();
  });

  it('has no more folds than the data', () => {
    expect(planned(36_000, { mostFolds: 5 }).folds).toBe(5);
    expect(planBudget({ ...question, mostFolds: 2 }, 36_000)).toBeUndefined();
  });

  it('says a larger difference for fewer tested pictures and for more comparisons', () => {
    const { difference, margin } = planned(900);
    const fewer = planned(900, { measures: (folds) => [headMeasure(Array<number>(12).fill(4 / folds))] });
    const more = planned(900, { comparisons: 6 });
    expect(fewer.difference).toBeGreaterThan(difference);
    expect(more.difference).toBeGreaterThan(difference);
    expect(fewer.margin).toBeGreaterThan(margin);
  });
});
