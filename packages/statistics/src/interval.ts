/**
 * Confidence intervals of a mean: one over seeds, one over episodes. They answer different questions; never mix them.
 *
 * - `meanInterval` (Student's t) is for a handful of seeds: how sure are we of the *method*?
 * - `normalInterval` (1.96 · s / √n) is for hundreds of episodes: how sure are we of *this one trained model*? The few-shot
 *   literature prints it (Ravi & Larochelle 2017, Tian et al. 2020). It uses the literal 1.96 of the published intervals.
 *
 * One observation tells nothing about the spread. Its interval is neither NaN nor of width zero; its kind is `undefined`.
 */
import { mean, sampleStandardDeviation } from './moments.ts';
import { studentTQuantile } from './student-t.ts';

/** A mean with its interval, or the reason for a missing interval. All figures are in the unit of the sample. */
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
 * @param sample finite numbers, one per seed
 * @param level coverage in (0, 1)
 */
export function meanInterval(sample: readonly number[], level = 0.95): Interval {
  if (!(level > 0 && level < 1))
    throw new RangeError(`level must lie strictly between 0 and 1, got ${level}`);
  return intervalAround(sample, level, () => studentTQuantile(0.5 + level / 2, sample.length - 1));
}

/**
 * The few-shot literature's 95 % interval over episodes: mean ± 1.96 · s / √n, s with n − 1.
 * @param sample finite numbers, one per episode
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
