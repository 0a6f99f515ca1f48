/**
 * Efron's bias-corrected and accelerated bootstrap (BCa; Efron 1987, Efron & Tibshirani 1993, §14.3): an interval for any
 * statistic, without a formula for its spread.
 *
 * A seeded generator draws the resamples: the same seed gives the same interval on every machine. Use the bootstrap for
 * many observations (episodes). With a handful of seeds every bootstrap interval is too narrow; use Student's t.
 */
import normalCdf from '@stdlib/stats-base-dists-normal-cdf';
import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { mersenne } from 'pure-rand/generator/mersenne';
import { mean, requireFinite } from './moments.ts';

export interface BootstrapOptions {
  readonly level?: number;
  readonly resamples?: number;
  /** 32-bit integer. */
  readonly seed?: number;
}

export type BootstrapInterval =
  | {
      readonly kind: 'interval';
      readonly n: number;
      readonly estimate: number;
      readonly lower: number;
      readonly upper: number;
      readonly level: number;
      /** z₀: distance between the estimate and the resamples' median, in normal deviates. */
      readonly bias: number;
      /** a: change of the spread with the estimate, by the jackknife. */
      readonly acceleration: number;
    }
  | {
      readonly kind: 'undefined';
      readonly n: number;
      readonly reason: 'fewer than two observations' | 'the resamples lie on one side of the estimate';
    };

/**
 * @param sample finite numbers. For a paired comparison pass the differences: this resamples the pairs
 * @param statistic function of a sample of the same length or one shorter; the mean by default
 */
export function bootstrapInterval(
  sample: readonly number[],
  statistic: (sample: readonly number[]) => number = mean,
  { level = 0.95, resamples = 10_000, seed = 0 }: BootstrapOptions = {},
): BootstrapInterval {
  requireFinite(sample, 'sample');
  if (!(level > 0 && level < 1)) {
    throw new RangeError(`level must lie strictly between 0 and 1, got ${level}`);
  }
  if (!Number.isInteger(resamples) || resamples < 1) {
    throw new RangeError(`resamples must be a positive integer, got ${resamples}`);
  }
  const n = sample.length;
  if (n < 2) return { kind: 'undefined', n, reason: 'fewer than two observations' };
  const estimate = statistic(sample);
  if (sample.every((value) => value === sample[0])) {
    return {
      kind: 'interval',
      n,
      estimate,
      lower: estimate,
      upper: estimate,
      level,
      bias: 0,
      acceleration: 0,
    };
  }
  const random = mersenne(seed);
  const drawn = Array.from({ length: resamples }, () =>
    statistic(sample.map(() => sample[uniformInt(random, 0, n - 1)]!)),
  ).sort((one, other) => one - other);
  // As in SciPy, a resample equal to the estimate counts half. Otherwise a discrete statistic would seem biased.
  const below =
    drawn.reduce((count, value) => count + Number(value < estimate) + Number(value <= estimate), 0) / 2;
  if (below === 0 || below === resamples) {
    return { kind: 'undefined', n, reason: 'the resamples lie on one side of the estimate' };
  }
  const bias = normalQuantile(below / resamples, 0, 1);
  const acceleration = accelerationOf(sample, statistic);
  const endpoint = (probability: number): number => {
    const z = bias + normalQuantile(probability, 0, 1);
    return quantile(drawn, normalCdf(bias + z / (1 - acceleration * z), 0, 1));
  };
  const [lower, upper] = [endpoint((1 - level) / 2), endpoint((1 + level) / 2)];
  return { kind: 'interval', n, estimate, lower, upper, level, bias, acceleration };
}

/** Σ d³ / (6 (Σ d²)^1.5) over the jackknife's deviations d = mean − value. */
function accelerationOf(sample: readonly number[], statistic: (sample: readonly number[]) => number): number {
  const left = sample.map((_, out) => statistic(sample.filter((_, i) => i !== out)));
  const centre = mean(left);
  const squares = left.reduce((sum, value) => sum + (centre - value) ** 2, 0);
  const cubes = left.reduce((sum, value) => sum + (centre - value) ** 2 * (centre - value), 0);
  return squares === 0 ? 0 : cubes / (6 * squares * Math.sqrt(squares));
}

/** Quantile with linear interpolation between the order statistics (NumPy's default). */
function quantile(sorted: readonly number[], probability: number): number {
  const at = probability * (sorted.length - 1);
  const [low, high] = [Math.floor(at), Math.ceil(at)];
  return sorted[low]! + (at - low) * (sorted[high]! - sorted[low]!);
}
