export { doublingTrend } from './doubling-trend.ts';
export { holm } from './holm.ts';
export { type Interval, meanInterval, normalInterval } from './interval.ts';
export { mean } from './moments.ts';
export { pairedDifference } from './paired-difference.ts';
