/**
 * Mean and sample standard deviation, as every other file of this package takes them.
 *
 * The sums are simple-statistics' (Kahan–Babuška compensated). What is added here is one rule: a sample that is empty or
 * holds NaN or ±∞ is refused by name, because a NaN that slips into a table of results reads like a number.
 */
import {
  mean as compensatedMean,
  sampleStandardDeviation as compensatedStandardDeviation,
} from 'simple-statistics';

/**
 * Arithmetic mean.
 * @param sample one or more finite numbers, in any unit
 * @throws RangeError when the sample is empty or holds a number that is not finite
 */
export function mean(sample: readonly number[]): number {
  if (sample.length === 0) throw new RangeError('the mean of no observations is undefined');
  requireFinite(sample, 'sample');
  return compensatedMean(sample);
}

/**
 * Standard deviation with n − 1 in the denominator (Bessel's correction), in the unit of the sample.
 * @param sample two or more finite numbers
 * @throws RangeError when there are fewer than two, or one is not finite
 */
export function sampleStandardDeviation(sample: readonly number[]): number {
  if (sample.length < 2) {
    throw new RangeError(`a sample standard deviation needs two observations, got ${sample.length}`);
  }
  requireFinite(sample, 'sample');
  return compensatedStandardDeviation(sample);
}

/** @throws RangeError naming the first entry of `sample` that is NaN or infinite */
export function requireFinite(sample: readonly number[], name: string): void {
  const at = sample.findIndex((value) => !Number.isFinite(value));
  if (at >= 0) throw new RangeError(`${name}[${at}] is ${sample[at]}; only finite numbers are accepted`);
}
