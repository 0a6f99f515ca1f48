/** Bins of confidence, as in the paper. */
const BINS = 15;

/**
 * Expected calibration error: how far confidences, the highest softmax probabilities, are from the share of samples that
 * they are right about; the mean of |accuracy − confidence| over equal bins of confidence, weighted by their samples
 * (Guo et al. 2017, arXiv 1706.04599, eq. 3).
 *
 * @param logits row-major [samples, classCount]
 * @returns a share, in [0, 1]
 */
export function calibrationError(logits: Float32Array, labels: Int32Array, classCount: number): number {
  /** Of each bin, Σ (right − confidence). */
  const gaps = new Float64Array(BINS);
  labels.forEach((label, sample) => {
    const row = logits.subarray(sample * classCount, (sample + 1) * classCount);
    const highest = row.reduce((a, b) => Math.max(a, b));
    const confidence = 1 / row.reduce((sum, logit) => sum + Math.exp(logit - highest), 0);
    // A bin holds its upper end.
    const bin = Math.ceil(confidence * BINS) - 1;
    gaps[bin]! += (row.indexOf(highest) === label ? 1 : 0) - confidence;
  });
  return gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / labels.length;
}
