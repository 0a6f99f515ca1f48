/**
 * Standard deviations of the parts of a measurement over folds, training runs and classes, by the method of moments.
 *
 * The model is that of `powerOf`: mean + fold + training run of the fold + class of the fold + rest. Each part is estimated from the
 * means that hold it, less what the smaller parts add to their variance. So folds may differ in size, and every estimate of a variance
 * is unbiased before it is cut off at 0.
 */
import { mean, sampleStandardDeviation } from './moments.ts';
import type { Spreads } from './power.ts';

/** An accuracy, or a difference of two, of one class in one training run. */
export interface RunValue {
  readonly fold: string;
  readonly class: string;
  readonly seed: number;
  readonly value: number;
}

/**
 * @param values in any order; each fold has the same seeds for all of its classes
 * @returns in the unit of the values; null with fewer than two folds, or with a fold of fewer than two seeds or two classes
 * @throws RangeError when a class of a fold lacks a seed that another class has, or has a seed twice
 */
export function spreadsOf(values: readonly RunValue[]): Spreads | null {
  const folds = [...foldsOf(values).values()];
  if (
    folds.length < 2 ||
    folds.some(([first]) => first!.length < 2) ||
    folds.some(({ length }) => length < 2)
  ) {
    return null;
  }
  const rest = mean(folds.map(restVariance));
  const perFold = folds.map((classes) => {
    const seeds = classes[0]!.length;
    const ofSeeds = Array.from({ length: seeds }, (_, s) => mean(classes.map((runs) => runs[s]!)));
    return {
      classes: classes.length,
      seeds,
      mean: mean(ofSeeds),
      run: variance(ofSeeds) - rest / classes.length,
      class: variance(classes.map((runs) => mean(runs))) - rest / seeds,
    };
  });
  const [run, ofClass] = [mean(perFold.map((one) => one.run)), mean(perFold.map((one) => one.class))];
  const within = mean(
    perFold.map(({ classes, seeds }) => run / seeds + ofClass / classes + rest / (seeds * classes)),
  );
  const fold = variance(perFold.map((one) => one.mean)) - within;
  const root = (square: number) => Math.sqrt(Math.max(0, square));
  return { fold: root(fold), seed: root(run), class: root(ofClass), rest: root(rest) };
}

function variance(sample: readonly number[]): number {
  return sampleStandardDeviation(sample) ** 2;
}

/** What neither class nor training run explains in one fold, with (classes − 1) · (seeds − 1) degrees of freedom. */
function restVariance(classes: readonly (readonly number[])[]): number {
  const seeds = classes[0]!.length;
  const all = mean(classes.flat());
  const ofSeeds = Array.from({ length: seeds }, (_, s) => mean(classes.map((runs) => runs[s]!)));
  let squares = 0;
  for (const runs of classes) {
    const own = mean(runs);
    for (const [s, value] of runs.entries()) squares += (value - own - ofSeeds[s]! + all) ** 2;
  }
  return squares / ((classes.length - 1) * (seeds - 1));
}

/** The values of each fold by class, in the order of the seeds. */
function foldsOf(values: readonly RunValue[]): Map<string, number[][]> {
  const folds = new Map<string, Map<string, Map<number, number>>>();
  for (const { fold, class: label, seed, value } of values) {
    const classes = folds.get(fold) ?? new Map<string, Map<number, number>>();
    const runs = classes.get(label) ?? new Map<number, number>();
    if (runs.has(seed)) throw new RangeError(`class "${label}" of fold "${fold}" has seed ${seed} twice`);
    folds.set(fold, classes.set(label, runs.set(seed, value)));
  }
  return new Map(
    [...folds].map(([fold, classes]) => {
      const seeds = [...new Set([...classes.values()].flatMap((runs) => [...runs.keys()]))].sort(
        (a, b) => a - b,
      );
      const rows = [...classes].map(([label, runs]) =>
        seeds.map((seed) => {
          const value = runs.get(seed);
          if (value === undefined)
            throw new RangeError(`class "${label}" of fold "${fold}" has no seed ${seed}`);
          return value;
        }),
      );
      return [fold, rows];
    }),
  );
}
