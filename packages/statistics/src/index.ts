export { type BootstrapInterval, type BootstrapOptions, bootstrapInterval } from './bootstrap.ts';
export { hedgesCorrection } from './effect-size.ts';
export { type FriedmanResult, friedman, nemenyi } from './friedman.ts';
export { holm } from './holm.ts';
export { type Interval, meanInterval, normalInterval } from './interval.ts';
export { doublingTrend, linearTrend, type Trend } from './linear-trend.ts';
export { mean, sampleStandardDeviation } from './moments.ts';
export { type PairedDifference, type PairedTTest, pairedDifference } from './paired-difference.ts';
export {
  type PairedPermutationOptions,
  type PairedPermutationResult,
  pairedPermutationTest,
} from './paired-permutation-test.ts';
export { studentTQuantile, studentTTwoSidedP } from './student-t.ts';
export { type WilcoxonResult, wilcoxonSignedRank } from './wilcoxon-signed-rank.ts';
