/** How a transfer protocol classifies: by the head that was trained, or by what frozen features allow. */
import { innerProducts } from './classifiers/inner-products.ts';
import { softmaxRegression } from './classifiers/softmax-regression.ts';
import type { FeatureMatrix } from './features.ts';

/**
 * - `head`: the linear head that cross-entropy trained; a loss without cross-entropy has none.
 * - `k-nn`: the 20 nearest reference samples by cosine s, each voting with exp(s / 0.07) (Wu et al. 2018, arXiv 1805.01978).
 * - `linear-probe`: multinomial logistic regression on the reference samples, L2, C = 1.
 */
export const transferClassifiers = ['head', 'k-nn', 'linear-probe'] as const;
export type TransferClassifier = (typeof transferClassifiers)[number];

const NEIGHBOURS = 20;
const TEMPERATURE = 0.07;

/** Features of unit length with the class of each, 0 … classCount − 1. */
export interface Labelled {
  readonly features: FeatureMatrix;
  readonly labels: Int32Array;
}

/** The class of each query; of classes with equal votes the first. Equally near neighbours: the first in order. */
export function nearestNeighbours(
  { features: reference, labels }: Labelled,
  queries: FeatureMatrix,
  classCount: number,
): Int32Array {
  const { dim } = queries;
  const count = labels.length;
  const columns = Float64Array.from(reference.values);
  const similarity = new Float64Array(count);
  const kept = Math.min(NEIGHBOURS, count);
  const nearest = new Int32Array(kept);
  const votes = new Float64Array(classCount);
  return Int32Array.from({ length: queries.values.length / dim }, (_, query) => {
    innerProducts(queries.values, dim, Int32Array.of(query), columns, count, similarity);
    let found = 0;
    for (let candidate = 0; candidate < count; candidate++) {
      if (found === kept && similarity[candidate]! <= similarity[nearest[kept - 1]!]!) continue;
      let place = found < kept ? found++ : kept - 1;
      for (; place > 0 && similarity[nearest[place - 1]!]! < similarity[candidate]!; place--) {
        nearest[place] = nearest[place - 1]!;
      }
      nearest[place] = candidate;
    }
    votes.fill(0);
    for (const neighbour of nearest) {
      votes[labels[neighbour]!]! += Math.exp((similarity[neighbour]! - 1) / TEMPERATURE);
    }
    return indexOfLargest(votes, 0, classCount);
  });
}

/** The class of each query by a logistic regression fitted on the reference, at its optimum. */
export function linearProbe(
  { features: reference, labels }: Labelled,
  queries: FeatureMatrix,
  classCount: number,
  C = 1,
): Int32Array {
  const { dim } = reference;
  const width = dim + 1;
  const points = Float64Array.from({ length: labels.length * width }, (_, at) => {
    const [row, column] = [Math.floor(at / width), at % width];
    return column < dim ? reference.values[row * dim + column]! : 1;
  });
  const { probabilities, intercepts } = softmaxRegression({ points, width, labels, way: classCount, C });
  // Where the gradient vanishes, w_k = C Σ_i (y_ik − p_ik) x_i.
  const weights = new Float64Array(classCount * dim);
  labels.forEach((label, row) => {
    for (let k = 0; k < classCount; k++) {
      const residual = C * ((label === k ? 1 : 0) - probabilities[row * classCount + k]!);
      for (let d = 0; d < dim; d++) weights[k * dim + d]! += residual * reference.values[row * dim + d]!;
    }
  });
  const count = queries.values.length / dim;
  const logits = new Float64Array(count * classCount);
  const all = Int32Array.from({ length: count }, (_, row) => row);
  innerProducts(queries.values, dim, all, weights, classCount, logits);
  for (let at = 0; at < logits.length; at++) logits[at]! += intercepts[at % classCount]!;
  return largestOfRows(logits, classCount);
}

/** Column of the largest entry of each row, the first of equals. */
export function largestOfRows(values: ArrayLike<number>, columns: number): Int32Array {
  return Int32Array.from({ length: values.length / columns }, (_, row) =>
    indexOfLargest(values, row * columns, columns),
  );
}

function indexOfLargest(values: ArrayLike<number>, start: number, length: number): number {
  let best = 0;
  for (let k = 1; k < length; k++) if (values[start + k]! > values[start + best]!) best = k;
  return best;
}
