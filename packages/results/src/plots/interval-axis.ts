/**
 * The axis for points with intervals. An interval over two seeds or folds has one degree of freedom and reaches 12.7 standard errors
 * to either side. It tells almost nothing, and an axis of its length would shrink all other intervals to dots. So such an
 * interval may reach beyond the axis.
 */

export interface Estimate {
  readonly point: number;
  readonly lower: number | null;
  readonly upper: number | null;
  /** Number of seeds or folds that the interval is over. */
  readonly units: number;
}

export interface IntervalAxis {
  /** Ends of the axis; undefined if every interval fits, so that the plot may choose. */
  readonly domain: readonly [number, number] | undefined;
  /** The part of the estimate's interval on the axis, and the ends that the axis cuts off. */
  readonly fitted: (estimate: Estimate) => {
    readonly lower: number | null;
    readonly upper: number | null;
    readonly cutLower: boolean;
    readonly cutUpper: boolean;
  };
}

/**
 * @param limits smallest and largest possible figure
 * @param shown further figures that the axis must include
 */
export function intervalAxis(
  estimates: readonly Estimate[],
  limits: readonly [number, number],
  shown: readonly number[] = [],
): IntervalAxis {
  const counted = estimates.flatMap(({ point, lower, upper, units }) =>
    units < FEWEST_UNITS ? [point] : [point, lower ?? point, upper ?? point],
  );
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const figure of [...counted, ...shown]) {
    least = Math.min(least, figure);
    greatest = Math.max(greatest, figure);
  }
  const margin = Math.max((greatest - least) / 10, 1);
  const [low, high] = [Math.max(limits[0], least - margin), Math.min(limits[1], greatest + margin)];
  const fitted: IntervalAxis['fitted'] = ({ lower, upper }) => ({
    lower: lower === null ? null : Math.max(lower, low),
    upper: upper === null ? null : Math.min(upper, high),
    cutLower: lower !== null && lower < low,
    cutUpper: upper !== null && upper > high,
  });
  const isCut = estimates.map(fitted).some(({ cutLower, cutUpper }) => cutLower || cutUpper);
  return { domain: isCut ? [low, high] : undefined, fitted };
}

/** Intervals over fewer seeds or folds do not affect the length of an axis. */
const FEWEST_UNITS = 3;
