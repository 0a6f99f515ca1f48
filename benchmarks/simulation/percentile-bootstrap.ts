/**
 * The interval that the product does not use: a percentile bootstrap over the classes within each fold, with the training runs of the
 * fold drawn again inside. It holds the folds fixed. The simulations show what this costs.
 */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import type { Study } from './study.ts';

export function percentileBootstrap(
  { a, b }: Study,
  random: RandomGenerator,
  resamples: number,
): { readonly lower: number; readonly upper: number } {
  const folds = new Map<string, Map<string, number[]>>();
  a.forEach((entry, at) => {
    const classes = folds.get(entry.fold) ?? new Map<string, number[]>();
    folds.set(entry.fold, classes);
    classes.set(entry.class, [...(classes.get(entry.class) ?? []), entry.accuracy - b[at]!.accuracy]);
  });
  const differences = [...folds.values()].map((classes) => [...classes.values()]);
  const count = differences.flat().length;
  const replicates = Float64Array.from({ length: resamples }, () => {
    let sum = 0;
    for (const classes of differences) {
      const runs = classes[0]!.map((_, __, { length }) => uniformInt(random, 0, length - 1));
      for (let k = 0; k < classes.length; k++) {
        const drawn = classes[uniformInt(random, 0, classes.length - 1)]!;
        for (const run of runs) sum += drawn[run]! / runs.length;
      }
    }
    return sum / count;
  }).sort();
  const outside = Math.floor(0.025 * resamples);
  return { lower: replicates[outside]!, upper: replicates[resamples - 1 - outside]! };
}
