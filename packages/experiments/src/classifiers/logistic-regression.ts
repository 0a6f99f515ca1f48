/**
 * Logistic regression on frozen features, the classifier of RFS (Tian et al. 2020) and this project's default:
 * scikit-learn's LogisticRegression(C=1, penalty="l2", solver="lbfgs", multi_class="multinomial"), at its optimum.
 *
 * Everything happens in the span of the N = way · shot support features: their inner products give N coordinates each,
 * the problem of way × (N + 1) numbers is solved there, and at the optimum, where the gradient vanishes, the weights in
 * feature space are w_k = C Σ_i (y_ik − p_ik) x_i. No vector of dim numbers is touched between the two ends.
 *
 * scikit-learn stops at a gradient of 1e-4, so it can differ from the optimum in the fourth digit of a probability.
 */

import { innerProducts } from '../inner-products.ts';
import { fewShotClassifier } from './classifier.ts';
import { type Episode, requireEpisode } from './episode.ts';
import { softmaxRegression } from './softmax-regression.ts';
import { spanCoordinates } from './span-coordinates.ts';

export const logisticRegression = fewShotClassifier(
  'logistic-regression',
  (features, dim, episode, products) => queryLogits(features, dim, episode, { products }),
);

/**
 * Decision values of the queries, row-major, shape (way · query, way): scikit-learn's `decision_function`. The softmax of
 * a row is `predict_proba`.
 * @param options.C inverse strength of the L2 penalty, 1 unless given
 * @param options.products inner products of all rows with all rows, if they are known
 */
export function queryLogits(
  features: Float32Array,
  dim: number,
  episode: Episode,
  { C = 1, products }: { readonly C?: number; readonly products?: Float64Array | undefined } = {},
): Float64Array {
  requireEpisode(episode, features, dim);
  const { way, shot, support, queries } = episode;
  const n = support.length;
  const supportRows = products === undefined ? gather(features, dim, support) : undefined;
  const gram = new Float64Array(n * n);
  const count = features.length / dim;
  if (supportRows === undefined) lookUp(products!, count, support, support, gram);
  else innerProducts(features, dim, support, supportRows, n, gram, true);
  const labels = Int32Array.from({ length: n }, (_, i) => Math.floor(i / shot));
  const { probabilities, intercepts } = softmaxRegression({ ...pointsInSpan(gram, n), labels, way, C });

  const residuals = probabilities.map(
    (p, at) => C * ((labels[Math.floor(at / way)] === at % way ? 1 : 0) - p),
  );
  const logits = new Float64Array(queries.length * way);
  if (supportRows === undefined) {
    const toSupport = new Float64Array(queries.length * n);
    lookUp(products!, count, queries, support, toSupport);
    addProducts(toSupport, residuals, n, way, logits);
  } else {
    innerProducts(features, dim, queries, combinations(supportRows, residuals, way, dim), way, logits);
  }
  for (let at = 0; at < logits.length; at++) logits[at]! += intercepts[at % way]!;
  return logits;
}

/** out[i · columns + j] = products[rows[i]][columns[j]]. */
function lookUp(
  products: Float64Array,
  count: number,
  rows: Int32Array,
  columns: Int32Array,
  out: Float64Array,
): void {
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]! * count;
    for (let j = 0; j < columns.length; j++) out[i * columns.length + j] = products[row + columns[j]!]!;
  }
}

/** Adds a · b, of shapes (rows, n) and (n, way), to `out`. */
function addProducts(a: Float64Array, b: Float64Array, n: number, way: number, out: Float64Array): void {
  for (let row = 0; row * n < a.length; row++) {
    for (let i = 0; i < n; i++) {
      const factor = a[row * n + i]!;
      for (let k = 0; k < way; k++) out[row * way + k]! += factor * b[i * way + k]!;
    }
  }
}

/**
 * Σ_i amounts[i][k] · rows[i] for each k: row-major, shape (way, dim). Four rows a pass, since each pass reads and writes
 * the whole sum.
 * @param rows row-major, shape (n, dim)
 * @param amounts row-major, shape (n, way)
 */
function combinations(rows: Float64Array, amounts: Float64Array, way: number, dim: number): Float64Array {
  const n = amounts.length / way;
  const sums = new Float64Array(way * dim);
  for (let k = 0; k < way; k++) {
    const sum = sums.subarray(k * dim, (k + 1) * dim);
    let i = 0;
    for (; i + 4 <= n; i += 4) {
      const r0 = i * dim;
      const r1 = r0 + dim;
      const r2 = r1 + dim;
      const r3 = r2 + dim;
      const a0 = amounts[i * way + k]!;
      const a1 = amounts[(i + 1) * way + k]!;
      const a2 = amounts[(i + 2) * way + k]!;
      const a3 = amounts[(i + 3) * way + k]!;
      for (let d = 0; d < dim; d++) {
        sum[d]! += a0 * rows[r0 + d]! + a1 * rows[r1 + d]! + (a2 * rows[r2 + d]! + a3 * rows[r3 + d]!);
      }
    }
    for (; i < n; i++) {
      const a0 = amounts[i * way + k]!;
      for (let d = 0; d < dim; d++) sum[d]! += a0 * rows[i * dim + d]!;
    }
  }
  return sums;
}

/** Rows of `features` as float64, row-major, shape (rows, dim). */
function gather(features: Float32Array, dim: number, rows: Int32Array): Float64Array {
  const gathered = new Float64Array(rows.length * dim);
  rows.forEach((row, i) => {
    gathered.set(features.subarray(row * dim, (row + 1) * dim), i * dim);
  });
  return gathered;
}

/** The support points in coordinates of their span, each with the constant 1 of the intercept at its end. */
function pointsInSpan(gram: Float64Array, n: number): { points: Float64Array; width: number } {
  const { rank, coordinates } = spanCoordinates(gram, n);
  const width = rank + 1;
  const points = new Float64Array(n * width);
  for (let i = 0; i < n; i++) {
    for (let c = 0; c < rank; c++) points[i * width + c] = coordinates[i * n + c]!;
    points[i * width + rank] = 1;
  }
  return { points, width };
}
