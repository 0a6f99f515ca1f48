import { logSumExp, softmax } from './log-sum-exp.ts';
import type { Matrix } from './matrix.ts';

export interface ReferenceCrossEntropy {
  readonly value: number;
  /** d value / d logits. */
  readonly gradient: number[][];
}

/** ../terms/cross-entropy.ts in float64, one sample and one class at a time. */
export function referenceCrossEntropy(
  logits: Matrix,
  labels: readonly number[],
  labelSmoothing = 0,
): ReferenceCrossEntropy {
  const n = logits.length;
  let value = 0;
  const gradient = logits.map((row, i) => {
    const total = logSumExp(row);
    const probabilities = softmax(row);
    return row.map((logit, c) => {
      const target = (c === labels[i] ? 1 - labelSmoothing : 0) + labelSmoothing / row.length;
      value -= (target * (logit - total)) / n;
      return (probabilities[c]! - target) / n;
    });
  });
  return { value, gradient };
}
