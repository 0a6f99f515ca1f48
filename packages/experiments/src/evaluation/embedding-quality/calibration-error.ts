/** Number of confidence bins, as in the paper. */
const BINS = 15;

/**
 * Expected calibration error: the mean of |accuracy − confidence| over equal bins of confidence, weighted by their numbers
 * of samples (Guo et al. 2017, arXiv 1706.04599, eq. 3). Confidence is the highest softmax probability.
 *
 * @param logits row-major [samples, classCount]
 * @returns a share, in [0, 1]
 */
export function calibrationError(logits: Float32Array, labels: Int32Array, classCount: number): number {
  /** Σ (correct − confidence) of each bin. */
  const gaps = new Float64Array(BINS);
  labels.forEach((label, sample) => {
    const row = logits.subarray(sample * classCount, (sample + 1) * classCount);
    const highest = row.reduce((a, b) => Math.max(a, b));
    const confidence = 1 / row.reduce((sum, logit) => sum + Math.exp(logit - highest), 0);
    // A bin includes its upper end.
    const bin = Math.ceil(confidence * BINS) - 1;
    gaps[bin]! += (row.indexOf(highest) === label ? 1 : 0) - confidence;
  });
  return gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / labels.length;
}
