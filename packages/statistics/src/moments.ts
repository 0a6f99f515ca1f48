/**
 * Mean and sample standard deviation, for all files of this package.
 *
 * The sums are simple-statistics' (Kahan–Babuška compensated). This file adds one rule: a sample that is empty or holds
 * NaN or ±∞ is an error that names the entry. Otherwise a NaN could reach a table of results.
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
 * @throws RangeError when there are fewer than two numbers, or a number is not finite
 */
export function sampleStandardDeviation(sample: readonly number[]): number {
  if (sample.length < 2) {
    throw new RangeError(`a sample standard deviation needs two observations, got ${sample.length}`);
  }
  requireFinite(sample, 'sample');
  return compensatedStandardDeviation(sample);
}

/** @throws RangeError that names the first entry of `sample` that is NaN or infinite */
export function requireFinite(sample: readonly number[], name: string): void {
  const at = sample.findIndex((value) => !Number.isFinite(value));
  if (at >= 0) throw new RangeError(`${name}[${at}] is ${sample[at]}; only finite numbers are accepted`);
}
