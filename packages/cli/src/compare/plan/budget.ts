/**
 * How long a comparison trains, how often and on how many folds, so that a budget of time shows the smallest difference.
 *
 * Every training of every method has the same steps. The budget buys steps, trials, folds and seeds. Too few steps answer another
 * question, and too few trials favour the method that needs no tuning, so both come before folds.
 */
import { powerOf, TESTS_PER_COMPARISON } from '@clce/statistics';
import type { Measure } from './assumed-spreads.ts';

/** What a method costs on this machine, with as many cells at once as the run has. */
export interface MethodCost {
  readonly title: string;
  readonly secondsPerStep: number;
  /** Seconds of a cell beside its steps: loading, compiling, evaluation. */
  readonly overheadSeconds: number;
}

/** What the plan has to know of the data and of the question. */
export interface Question {
  readonly costs: readonly MethodCost[];
  /** Number of cells that run at once. */
  readonly workers: number;
  readonly comparisons: number;
  /** Largest number of folds that the data allows. */
  readonly mostFolds: number;
  /** What is measured, by the number of folds. */
  readonly measures: (folds: number) => readonly Measure[];
  /** Steps of a training that is long enough by rule of thumb, and of the shortest training that is worth a comparison. */
  readonly steps: { readonly wanted: number; readonly least: number };
}

export interface BudgetPlan {
  readonly steps: number;
  readonly trials: number;
  readonly folds: number;
  readonly seeds: number;
  readonly seconds: number;
  /** The true difference in points that is found with 80 % power, under the spreads of the measures. */
  readonly difference: number;
  /** The smallest margin in points within which equal methods are found equivalent with 80 % power. */
  readonly margin: number;
}

const POWER = 0.8;
const LEVEL = 0.05;
const TRIALS = [16, 8, 4] as const;
const MOST_SEEDS = 3;
const LEAST_FOLDS = 3;

/** Rounds are whole, and the machine may be slower than it was when it was measured. */
const USED_SHARE = 0.9;

/**
 * The plan for a budget.
 *
 * @param seconds that are left for trials and confirmation
 * @returns undefined where even the smallest plan takes longer
 */
export function planBudget(question: Question, seconds: number): BudgetPlan | undefined {
  const { wanted, least } = question.steps;
  const affordable = allPlans(question, USED_SHARE * seconds, 2 * wanted);
  // The first level that a plan reaches is the best one that the budget pays for.
  for (const { trials, steps } of [
    { trials: 8, steps: wanted },
    { trials: 4, steps: wanted },
    { trials: 4, steps: Math.max(least, Math.ceil(wanted / 2)) },
    { trials: 4, steps: least },
  ]) {
    const plans = affordable.filter((plan) => plan.trials >= trials && plan.steps >= steps);
    if (plans.length > 0) return plans.reduce(better);
  }
  return undefined;
}

/** Seconds of the smallest plan. */
export function leastSeconds(question: Question): number {
  const smallest = { trials: TRIALS.at(-1)!, folds: LEAST_FOLDS, seeds: 1 };
  return secondsOf(question, { ...smallest, steps: question.steps.least }) / USED_SHARE;
}

/** The seconds that a plan takes, all methods together: trials, confirmation, and a training of half the steps for the horizon. */
export function secondsOf(
  { costs, workers }: Question,
  { steps, trials, folds, seeds }: Pick<BudgetPlan, 'steps' | 'trials' | 'folds' | 'seeds'>,
): number {
  const trainings = trials + folds * seeds;
  return costs.reduce((sum, { secondsPerStep, overheadSeconds }) => {
    const horizon = overheadSeconds + (steps / 2) * secondsPerStep;
    return sum + (trainings * (overheadSeconds + steps * secondsPerStep) + horizon) / workers;
  }, 0);
}

/** For each number of trials, folds and seeds: the plan with the most steps. */
function allPlans(question: Question, available: number, mostSteps: number): BudgetPlan[] {
  const folds = Array.from(
    { length: Math.max(0, question.mostFolds - LEAST_FOLDS + 1) },
    (_, at) => at + LEAST_FOLDS,
  );
  const seeds = Array.from({ length: MOST_SEEDS }, (_, at) => at + 1);
  return folds.flatMap((count) =>
    seeds.flatMap((seedCount) => {
      const what = shown(question, count, seedCount);
      return TRIALS.flatMap((trials) => {
        const size = { trials, folds: count, seeds: seedCount };
        const fixed = secondsOf(question, { ...size, steps: 0 });
        const each = secondsOf(question, { ...size, steps: 1 }) - fixed;
        const steps = Math.min(mostSteps, roundedSteps((available - fixed) / each));
        if (steps < question.steps.least) return [];
        const shape = { ...size, steps };
        return [{ ...shape, seconds: secondsOf(question, shape), ...what }];
      });
    }),
  );
}

/** Down to two digits. */
function roundedSteps(steps: number): number {
  if (steps < 1) return 0;
  const unit = Number(`1e${Math.max(0, String(Math.floor(steps)).length - 2)}`);
  return Math.floor(steps / unit) * unit;
}

function better(one: BudgetPlan, other: BudgetPlan): BudgetPlan {
  const order =
    one.difference - other.difference ||
    other.trials - one.trials ||
    other.steps - one.steps ||
    one.folds - other.folds;
  return order <= 0 ? one : other;
}

/** What a design can show on the measure that shows least. */
function shown(question: Question, folds: number, seeds: number): Pick<BudgetPlan, 'difference' | 'margin'> {
  const level = LEVEL / (TESTS_PER_COMPARISON * question.comparisons);
  const powers = question
    .measures(folds)
    .map(({ classes, spreads }) => powerOf({ folds, seeds, classes }, spreads, level, POWER));
  return {
    difference: Math.max(...powers.map(({ difference }) => difference)),
    margin: Math.max(...powers.map(({ margin }) => margin)),
  };
}
