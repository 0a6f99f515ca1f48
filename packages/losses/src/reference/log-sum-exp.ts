/** log Σ exp(x); -∞ of an empty list. */
export function logSumExp(x: readonly number[]): number {
  if (x.length === 0) return Number.NEGATIVE_INFINITY;
  const largest = Math.max(...x);
  return largest + Math.log(x.reduce((sum, value) => sum + Math.exp(value - largest), 0));
}

/** exp(x_i) / Σ exp(x): the gradient of {@link logSumExp}. */
export function softmax(x: readonly number[]): number[] {
  const total = logSumExp(x);
  return x.map((value) => Math.exp(value - total));
}
