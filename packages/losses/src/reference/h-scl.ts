import { logSumExp, softmax } from './log-sum-exp.ts';
import { dot, type Matrix, zerosLike } from './matrix.ts';
import { normalizeRows, throughNormalization } from './normalize.ts';

/** ../terms/h-scl.ts in float64, one pair at a time. */
export interface ReferenceHSclOptions {
  readonly temperature: number;
  readonly hardness: number;
  readonly detachWeights: boolean;
}

export interface ReferenceHScl {
  readonly value: number;
  /** d value / d embeddings, before their normalisation. */
  readonly gradient: number[][];
}

/**
 * @param weighing embeddings that the hardness weights are computed from; `embeddings` by default. They are constants for finite
 * differences.
 */
export function referenceHScl(
  embeddings: Matrix,
  labels: readonly number[],
  { temperature, hardness, detachWeights }: ReferenceHSclOptions,
  weighing: Matrix = embeddings,
): ReferenceHScl {
  const z = normalizeRows(embeddings);
  const fixed = normalizeRows(weighing);
  const n = z.length;
  const atUnit = zerosLike(embeddings);
  let value = 0;
  let pairs = 0;
  const add = (i: number, j: number, derivative: number) => {
    for (let c = 0; c < z[i]!.length; c++) {
      atUnit[i]![c]! += (derivative * z[j]![c]!) / temperature;
      atUnit[j]![c]! += (derivative * z[i]![c]!) / temperature;
    }
  };
  for (let i = 0; i < n; i++) {
    const others = z.map((_, j) => j).filter((j) => j !== i);
    const positives = others.filter((j) => labels[j] === labels[i]);
    const negatives = others.filter((j) => labels[j] !== labels[i]);
    pairs += positives.length;
    if (negatives.length === 0) continue;
    const similarity = (j: number) => dot(z[i]!, z[j]!) / temperature;
    const weights = softmax(negatives.map((k) => (hardness * dot(fixed[i]!, fixed[k]!)) / temperature));
    const weighted = negatives.map((k, at) => Math.log(weights[at]!) + similarity(k));
    const logMean = logSumExp(weighted);
    for (const p of positives) {
      const logNegatives = Math.log(n - 2) + logMean;
      const logSum = logSumExp([similarity(p), logNegatives]);
      value += logSum - similarity(p);
      const share = Math.exp(logNegatives - logSum);
      add(i, p, -share);
      for (const [at, k] of negatives.entries()) {
        const ofMean = Math.exp(weighted[at]! - logMean);
        add(i, k, share * (ofMean + (detachWeights ? 0 : hardness * (ofMean - weights[at]!))));
      }
    }
  }
  const count = Math.max(pairs, 1);
  const scaled = atUnit.map((row) => row.map((x) => x / count));
  return { value: value / count, gradient: throughNormalization(embeddings, scaled) };
}
