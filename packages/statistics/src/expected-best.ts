/**
 * Expected best validation accuracy of k of these N trials: what tuning with a smaller budget would have found.
 *
 * Dodge et al. 2019 ("Show Your Work") draw k trials with replacement, which is biased downwards. This file has the unbiased
 * estimator of Tang et al. 2020 ("Showing Your Work Doesn't Always Work"): the mean over all subsets of k trials of their best.
 * The i-th smallest of N is the best of C(i − 1, k − 1) of the C(N, k) subsets.
 */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/**
 * @param trials validation accuracy of each trial in percent; null or NaN for a trial that diverged
 * @param divergedAccuracy the accuracy that a trial which diverged counts as, such as that of chance
 * @returns entry k − 1 is the expected best of k trials; k = 1 is the mean, k = N the best
 * @throws RangeError when there is no trial or an accuracy is infinite
 */
export function expectedBest(trials: readonly (number | null)[], divergedAccuracy: number): number[] {
  const sorted = trialAccuracies(trials, divergedAccuracy).sort((one, other) => one - other);
  const count = sorted.length;
  return sorted.map((_, at) => {
    const k = at + 1;
    // C(i − 1, k − 1) / C(N, k) is k / N for i = N, and (i − k) / (i − 1) of it for each smaller i.
    let weight = k / count;
    let sum = 0;
    for (let i = count; i >= k; i--) {
      sum += weight * sorted[i - 1]!;
      weight *= (i - k) / (i - 1);
    }
    return sum;
  });
}

export interface ExpectedBestDifference {
  /** Number of trials. */
  readonly k: number;
  /** Expected best of a minus that of b, in points. */
  readonly difference: number;
  readonly lower: number;
  readonly upper: number;
}

/**
 * The difference of two curves, with a percentile band. Trial i of both methods shares the common settings, so trials are drawn
 * with replacement for both methods together. The band is descriptive: trials of a low-discrepancy sequence are no random sample.
 *
 * @param a, b equally many trials; trial i of a and of b belong together
 * @param seed a whole number; the same seed gives the same band
 * @throws RangeError when the numbers of trials differ, or as `expectedBest`
 */
export function expectedBestDifference(
  a: readonly (number | null)[],
  b: readonly (number | null)[],
  {
    divergedAccuracy,
    seed,
    resamples = 2000,
    level = 0.95,
  }: {
    readonly divergedAccuracy: number;
    readonly seed: number;
    readonly resamples?: number;
    readonly level?: number;
  },
): ExpectedBestDifference[] {
  if (a.length !== b.length) {
    throw new RangeError(`methods need equally many trials, got ${a.length} and ${b.length}`);
  }
  const [ofA, ofB] = [trialAccuracies(a, divergedAccuracy), trialAccuracies(b, divergedAccuracy)];
  const curve = (trials: readonly number[]) => {
    const best = expectedBest(
      trials.map((trial) => ofB[trial]!),
      divergedAccuracy,
    );
    return expectedBest(
      trials.map((trial) => ofA[trial]!),
      divergedAccuracy,
    ).map((value, at) => value - best[at]!);
  };
  const random = xoroshiro128plus(seed);
  const replicates = Array.from({ length: resamples }, () =>
    curve(ofA.map(() => uniformInt(random, 0, ofA.length - 1))),
  );
  // The same number of replicates is cut off at both ends, so exchanged methods mirror the band.
  const outside = Math.floor(((1 - level) / 2) * resamples);
  return curve(ofA.map((_, trial) => trial)).map((difference, at) => {
    const sorted = Float64Array.from(replicates, (replicate) => replicate[at]!).sort();
    return { k: at + 1, difference, lower: sorted[outside]!, upper: sorted[resamples - 1 - outside]! };
  });
}

function trialAccuracies(trials: readonly (number | null)[], divergedAccuracy: number): number[] {
  if (trials.length === 0) throw new RangeError('the expected best of no trials is undefined');
  return trials.map((accuracy, trial) => {
    if (accuracy === null || Number.isNaN(accuracy)) return divergedAccuracy;
    if (!Number.isFinite(accuracy)) throw new RangeError(`trial ${trial} has the accuracy ${accuracy}`);
    return accuracy;
  });
}
