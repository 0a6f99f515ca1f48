export { holm } from './holm.ts';
export { type Interval, meanInterval, normalInterval } from './interval.ts';
export { mean, sampleStandardDeviation } from './moments.ts';
export { type PairedDifference, type PairedTTest, pairedDifference } from './paired-difference.ts';
export {
  type PairedPermutationOptions,
  type PairedPermutationResult,
  pairedPermutationTest,
} from './paired-permutation-test.ts';
export { studentTQuantile, studentTTwoSidedP } from './student-t.ts';
