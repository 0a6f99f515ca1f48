/**
 * Confidence intervals of a mean: one over seeds, one over episodes. They answer different questions and are never mixed.
 *
 * - `meanInterval` (Student's t) is for the handful of seeds: how sure are we of the *method*?
 * - `normalInterval` (1.96 · s / √n) is what the few-shot literature prints over its hundreds of episodes (Ravi &
 *   Larochelle 2017, Tian et al. 2020): how sure are we of *this one trained model*? The literal 1.96 is kept, since
 *   the published intervals were made with it.
 *
 * One observation says nothing about spread. Such an interval is not NaN and not zero wide: it is `undefined` by type.
 */
import { mean, sampleStandardDeviation } from './moments.ts';
import { studentTQuantile } from './student-t.ts';

/** A mean with its interval, or the reason why there is none. All figures are in the unit of the sample. */
export type Interval =
  | {
      readonly kind: 'interval';
      readonly n: number;
      readonly mean: number;
      readonly lower: number;
      readonly upper: number;
      readonly halfWidth: number;
      /** Coverage, e.g. 0.95. */
      readonly level: number;
    }
  | {
      readonly kind: 'undefined';
      readonly n: number;
      /** The single observation, or null when there is none. */
      readonly mean: number | null;
      readonly reason: 'fewer than two observations';
    };

/**
 * Student's t interval of the mean: mean ± t(1 − (1 − level)/2, n − 1) · s / √n.
 * @param sample finite numbers, one a seed
 * @param level coverage in (0, 1)
 */
export function meanInterval(sample: readonly number[], level = 0.95): Interval {
  if (!(level > 0 && level < 1))
    throw new RangeError(`level must lie strictly between 0 and 1, got ${level}`);
  return intervalAround(sample, level, () => studentTQuantile(0.5 + level / 2, sample.length - 1));
}

/**
 * The few-shot literature's 95 % interval over episodes: mean ± 1.96 · s / √n, s with n − 1.
 * @param sample finite numbers, one an episode
 */
export function normalInterval(sample: readonly number[]): Interval {
  return intervalAround(sample, 0.95, () => 1.96);
}

function intervalAround(sample: readonly number[], level: number, criticalValue: () => number): Interval {
  const n = sample.length;
  if (n < 2) {
    return {
      kind: 'undefined',
      n,
      mean: n === 1 ? mean(sample) : null,
      reason: 'fewer than two observations',
    };
  }
  const centre = mean(sample);
  const halfWidth = (criticalValue() * sampleStandardDeviation(sample)) / Math.sqrt(n);
  return {
    kind: 'interval',
    n,
    mean: centre,
    lower: centre - halfWidth,
    upper: centre + halfWidth,
    halfWidth,
    level,
  };
}
