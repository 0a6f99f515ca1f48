/**
 * A straight line through measurements by least squares, with Student's t interval of its slope.
 *
 * Over x = log₂(batch size), the slope is the gain in points per doubling of the batch. Its interval shows whether
 * accuracy rises with the batch size.
 */
import { type Interval, meanInterval } from './interval.ts';
import { mean, requireFinite } from './moments.ts';
import { studentTQuantile, studentTTwoSidedP } from './student-t.ts';

export type Trend =
  | {
      readonly kind: 'trend';
      readonly n: number;
      /** Units of y per unit of x. */
      readonly slope: number;
      readonly intercept: number;
      readonly standardError: number;
      readonly lower: number;
      readonly upper: number;
      readonly level: number;
      /** Two-sided p value of slope = 0; null if every point lies on the line. */
      readonly pValue: number | null;
    }
  | { readonly kind: 'undefined'; readonly reason: 'fewer than three points' | 'x does not vary' };

/**
 * @param x, y equally long lists of finite numbers
 * @param level coverage of the interval of the slope, in (0, 1)
 * @throws RangeError when the lengths differ or a number is not finite
 */
export function linearTrend(x: readonly number[], y: readonly number[], level = 0.95): Trend {
  if (x.length !== y.length) {
    throw new RangeError(`x and y need equal lengths, got ${x.length} and ${y.length}`);
  }
  requireFinite(x, 'x');
  requireFinite(y, 'y');
  if (!(level > 0 && level < 1)) {
    throw new RangeError(`level must lie strictly between 0 and 1, got ${level}`);
  }
  const n = x.length;
  if (n < 3) return { kind: 'undefined', reason: 'fewer than three points' };
  if (x.every((value) => value === x[0])) return { kind: 'undefined', reason: 'x does not vary' };
  const [centreX, centreY] = [mean(x), mean(y)];
  const spread = x.reduce((sum, value) => sum + (value - centreX) ** 2, 0);
  const slope = x.reduce((sum, value, i) => sum + (value - centreX) * (y[i]! - centreY), 0) / spread;
  const intercept = centreY - slope * centreX;
  const residual = x.reduce((sum, value, i) => sum + (y[i]! - intercept - slope * value) ** 2, 0);
  const standardError = Math.sqrt(residual / (n - 2) / spread);
  const halfWidth = studentTQuantile(0.5 + level / 2, n - 2) * standardError;
  const pValue = standardError === 0 ? null : studentTTwoSidedP(slope / standardError, n - 2);
  const [lower, upper] = [slope - halfWidth, slope + halfWidth];
  return { kind: 'trend', n, slope, intercept, standardError, lower, upper, level, pValue };
}

/**
 * The trend over log₂ batch size of runs that share seeds: one line per seed, then Student's t interval of the slopes.
 * Runs of one seed share initial weights and data order, so their points are dependent. Different seeds are independent.
 *
 * @param bySeed points of each seed, with at least two batch sizes
 * @returns slopes in accuracy points per doubling; `undefined` with fewer than two seeds
 * @throws RangeError when a seed has fewer than two batch sizes
 */
export function doublingTrend(
  bySeed: readonly (readonly { readonly batchSize: number; readonly value: number }[])[],
  level = 0.95,
): Interval {
  const slopes = bySeed.map((points, seed) => {
    const x = points.map(({ batchSize }) => Math.log2(batchSize));
    requireFinite(x, 'log2(batchSize)');
    const [centreX, centreY] = [mean(x), mean(points.map(({ value }) => value))];
    const spread = x.reduce((sum, value) => sum + (value - centreX) ** 2, 0);
    if (spread === 0) throw new RangeError(`the points of seed ${seed} have fewer than two batch sizes`);
    return x.reduce((sum, value, i) => sum + (value - centreX) * (points[i]!.value - centreY), 0) / spread;
  });
  return meanInterval(slopes, level);
}
