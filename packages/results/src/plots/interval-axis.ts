/**
 * The axis of points with their intervals. An interval over two seeds has one degree of freedom: it is 12.7 standard errors long
 * on either side, says next to nothing, and would shrink everything else to a dot. It may reach beyond the axis.
 */

export interface Estimate {
  readonly point: number;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly seeds: number;
}

export interface IntervalAxis {
  /** Undefined where every interval fits and the plot may choose. */
  readonly domain: readonly [number, number] | undefined;
  /** The estimate with the part of its interval that is on the axis. */
  readonly fitted: (estimate: Estimate) => {
    readonly lower: number | null;
    readonly upper: number | null;
    readonly cutLower: boolean;
    readonly cutUpper: boolean;
  };
}

/**
 * @param limits what no figure can exceed
 * @param shown what must be on the axis beside the points
 */
export function intervalAxis(
  estimates: readonly Estimate[],
  limits: readonly [number, number],
  shown: readonly number[] = [],
): IntervalAxis {
  const counted = estimates.flatMap(({ point, lower, upper, seeds }) =>
    seeds < FEWEST_SEEDS ? [point] : [point, lower ?? point, upper ?? point],
  );
  const least = Math.min(...counted, ...shown);
  const greatest = Math.max(...counted, ...shown);
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

/** Intervals over fewer do not set the length of an axis. */
const FEWEST_SEEDS = 3;
