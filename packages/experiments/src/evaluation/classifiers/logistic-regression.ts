/**
 * Logistic regression on frozen features, the classifier of RFS (Tian et al. 2020) and this project's default:
 * scikit-learn's LogisticRegression(C=1, penalty="l2", solver="lbfgs", multi_class="multinomial"), at its optimum.
 *
 * The solution depends only on the inner products of the support features. At the optimum the gradient vanishes, so the
 * weights in feature space are w_k = C Σ_i (y_ik − p_ik) x_i. Only the first and the last step use vectors of length dim.
 *
 * scikit-learn stops at a gradient of 1e-4, so it can differ from the optimum in the fourth digit of a probability.
 */
import { fewShotClassifier, type QueryScores } from './classifier.ts';
import type { Episode } from './episode.ts';
import { type EpisodeRows, type Precision, strideOf } from './episode-rows.ts';
import { softmaxRegression } from './softmax-regression.ts';

export const logisticRegression = fewShotClassifier('logistic-regression', (rows, episode, precision) =>
  queryLogits(rows, episode, precision),
);

/**
 * Decision values of the queries: scikit-learn's `decision_function`. The softmax of a row is `predict_proba`.
 * @param C inverse strength of the L2 penalty
 */
export function queryLogits(
  rows: EpisodeRows,
  { way, shot, support, queries }: Episode,
  precision: Precision,
  C = 1,
): QueryScores {
  const n = support.length;
  for (let i = 0; i < n; i++) rows.combine(i, support, i, i + 1);
  const gram = rows.products(support, n, 'double', true);
  const labels = Int32Array.from({ length: n }, (_, i) => Math.floor(i / shot));
  const problem = { gram, stride: strideOf(n), labels, way, C };
  const { probabilities, intercepts } = softmaxRegression(problem);

  const residuals = new Float64Array(n);
  let longest = 0;
  for (let k = 0; k < way; k++) {
    for (let i = 0; i < n; i++) residuals[i] = C * ((labels[i] === k ? 1 : 0) - probabilities[k * n + i]!);
    longest = Math.max(longest, Math.sqrt(rows.combine(k, support, 0, n, residuals)));
  }
  const stride = strideOf(way);
  const scores = rows.products(queries, way, precision);
  for (let row = 0; row < queries.length; row++) {
    for (let k = 0; k < way; k++) scores[row * stride + k]! += intercepts[k]!;
  }
  return { scores, stride, longest };
}
