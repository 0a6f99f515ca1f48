/**
 * The gain in points for each doubling of the batch: a straight line over log₂(batch size) by least squares. The interval
 * of its slope shows whether accuracy rises with the batch size.
 */
import { type Interval, meanInterval } from './interval.ts';
import { mean, requireFinite } from './moments.ts';

/**
 * The trend of runs that share seeds: one line per seed, then Student's t interval of the slopes. Runs of one seed share
 * initial weights and data order, so their points are dependent. Different seeds are independent.
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
