export type { ClassAccuracy } from './classes/class-accuracy.ts';
export {
  classDifference,
  type Difference,
  differenceInterval,
  differenceP,
} from './classes/class-difference.ts';
export { errorRatio } from './classes/error-ratio.ts';
export { doublingTrend } from './doubling-trend.ts';
export { expectedBest, expectedBestDifference } from './expected-best.ts';
export { holm } from './holm.ts';
export { type Interval, meanInterval, normalInterval } from './interval.ts';
export { mean } from './moments.ts';
export { pairedDifference } from './paired-difference.ts';
export { powerOf, type Spreads } from './power.ts';
export { type RunValue, spreadsOf } from './spreads.ts';
export { type Judgement, judge, TESTS_PER_COMPARISON, type Verdict, verdicts } from './verdict.ts';
