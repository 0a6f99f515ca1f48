/**
 * Multinomial logistic regression of a few points, solved to the optimum: L-BFGS with a Newton-like start.
 *
 * Minimises Σ_i [ log Σ_k exp f_ik − f_i,y(i) ] + 1/(2C) Σ_k |w_k|², f_ik = w_k · x_i + b_k, the intercepts b
 * unpenalised: scikit-learn's LogisticRegression(C, multi_class="multinomial"). The minimum is unique (up to a constant
 * added to all b), so which way one gets there leaves no trace in the result.
 *
 * L-BFGS is Nocedal & Wright's algorithm 7.4. Its initial matrix is the inverse of the Hessian at equal probabilities,
 * H₀ = (1/way) X̃ᵀX̃ + diag(1/C, …, 1/C, 0), X̃ the points with a constant 1 for the intercept. With unit-length features and
 * C = 1 the probabilities stay soft, so this is nearly Newton's method: about ten iterations reach a gradient of 1e-8.
 *
 * No parameter is ever written down. A vector a of one number a point stands for the parameters H₀⁻¹X̃ᵀa of a class (the
 * representer theorem, Kimeldorf & Wahba 1970); logits are then f = K a with K = X̃H₀⁻¹X̃ᵀ, and the gradient is X̃ᵀγ with
 * γ = a + p − y − f / way. So an iteration costs two products with K, which has a row and a column a point, and the walk along
 * a direction none. Dependent or repeated points are no trouble.
 */
export interface SoftmaxRegression {
  /** Class probabilities of the points, shape (way, n). */
  readonly probabilities: Float64Array;
  /** Shape (way). */
  readonly intercepts: Float64Array;
  readonly iterations: number;
}

export interface SoftmaxRegressionProblem {
  /** Inner products of the points, row-major, shape (n, stride ≥ n); only the part on and below the diagonal is read. */
  readonly gram: Float64Array;
  readonly stride: number;
  /** Class of each point, 0 … way − 1: shape (n). */
  readonly labels: Int32Array;
  readonly way: number;
  /** Inverse strength of the penalty. */
  readonly C: number;
}

const GRADIENT_TOLERANCE = 1e-8;
const MAX_ITERATIONS = 500;
const MEMORY = 10;

/** @throws Error when the gradient does not vanish within 500 iterations, as where a point is not finite */
export function softmaxRegression(problem: SoftmaxRegressionProblem): SoftmaxRegression {
  const { labels, way } = problem;
  const n = labels.length;
  const kernel = preconditionedKernel(problem);
  const tolerance = GRADIENT_TOLERANCE / Math.sqrt(largestCurvature(problem));
  let at = evaluate(labels, way, new Float64Array(way * n), new Float64Array(way * n));
  let gradient = times(kernel, n, at.gamma);
  const history: Update[] = [];
  for (let iterations = 0; iterations < MAX_ITERATIONS; iterations++) {
    if (Math.sqrt(Math.max(0, dot(at.gamma, gradient))) <= tolerance) {
      const { probabilities, logits } = at;
      return { probabilities, intercepts: interceptsOf(problem, probabilities, logits), iterations };
    }
    const direction = descentDirection(at.gamma, history);
    const change = times(kernel, n, direction);
    const { next, length } = lineSearch(labels, way, at, gradient, direction, change);
    const nextGradient = times(kernel, n, next.gamma);
    const step = scaled(length, direction);
    const turn = sum(next.gamma, -1, at.gamma);
    const kernelTurn = sum(nextGradient, -1, gradient);
    const curvature = dot(step, kernelTurn);
    if (curvature > 0)
      history.push({ step, turn, curvature, kernelStep: scaled(length, change), kernelTurn });
    if (history.length > MEMORY) history.shift();
    at = next;
    gradient = nextGradient;
  }
  throw new Error(`logistic regression: no optimum after ${MAX_ITERATIONS} iterations`);
}

/** A step and what it did to γ, and both multiplied by K. */
interface Update {
  readonly step: Float64Array;
  readonly turn: Float64Array;
  readonly kernelStep: Float64Array;
  readonly kernelTurn: Float64Array;
  /** step · K turn. */
  readonly curvature: number;
}

/** All of shape (way, n). */
interface Point {
  readonly a: Float64Array;
  readonly logits: Float64Array;
  readonly probabilities: Float64Array;
  readonly gamma: Float64Array;
}

/**
 * K = X̃H₀⁻¹X̃ᵀ, row-major, shape (n, n): way · (I − M⁻¹ + M⁻¹1 1ᵀM⁻¹ / 1ᵀM⁻¹1), M = I + (C / way) XXᵀ, by the matrix inversion
 * lemma; the last term is the unpenalised intercept.
 */
function preconditionedKernel({ gram, stride, labels, way, C }: SoftmaxRegressionProblem): Float64Array {
  const n = labels.length;
  const kernel = new Float64Array(n * n);
  for (let r = 0; r < n; r++) {
    for (let c = 0; c <= r; c++) kernel[r * n + c] = (C / way) * gram[r * stride + c]!;
    kernel[r * n + r]! += 1;
  }
  invert(kernel, n);
  const sums = new Float64Array(n);
  for (let r = 0; r < n; r++) for (let c = 0; c < n; c++) sums[r]! += kernel[r * n + c]!;
  const total = sums.reduce((sofar, value) => sofar + value, 0);
  for (let r = 0; r < n; r++) {
    for (let c = 0; c < n; c++) {
      const identity = r === c ? 1 : 0;
      kernel[r * n + c] = way * (identity - kernel[r * n + c]! + (sums[r]! * sums[c]!) / total);
    }
  }
  return kernel;
}

/** A positive definite matrix, of which the part on and below the diagonal is read, becomes its inverse: all of it. */
function invert(matrix: Float64Array, n: number): void {
  // Cholesky's factor L, then its inverse (row r of it needs rows above), then L⁻ᵀL⁻¹.
  for (let r = 0; r < n; r++) {
    for (let c = 0; c <= r; c++) {
      const entry = matrix[r * n + c]! - dotAt(matrix, r * n, matrix, c * n, c);
      matrix[r * n + c] = r === c ? Math.sqrt(entry) : entry / matrix[c * n + c]!;
    }
  }
  // Stored transposed, so that all sums run along rows.
  const inverse = new Float64Array(n * n);
  for (let c = 0; c < n; c++) {
    inverse[c * n + c] = 1 / matrix[c * n + c]!;
    for (let r = c + 1; r < n; r++) {
      inverse[c * n + r] = -dotAt(matrix, r * n + c, inverse, c * n + c, r - c) / matrix[r * n + r]!;
    }
  }
  for (let r = 0; r < n; r++) {
    for (let c = 0; c <= r; c++) {
      const entry = dotAt(inverse, r * n + r, inverse, c * n + r, n - r);
      matrix[r * n + c] = entry;
      matrix[c * n + r] = entry;
    }
  }
}

/** No less than the largest eigenvalue of H₀: lengths of gradients are measured by H₀⁻¹, and bounded with this. */
function largestCurvature({ gram, stride, labels, way, C }: SoftmaxRegressionProblem): number {
  let squares = labels.length;
  for (let i = 0; i < labels.length; i++) squares += gram[i * stride + i]!;
  return 1 / C + squares / way;
}

/** Probabilities and γ = a + p − y − f / way. */
function evaluate(labels: Int32Array, way: number, a: Float64Array, logits: Float64Array): Point {
  const n = labels.length;
  const probabilities = new Float64Array(way * n);
  const gamma = new Float64Array(way * n);
  for (let i = 0; i < n; i++) {
    let largest = Number.NEGATIVE_INFINITY;
    for (let at = i; at < way * n; at += n) if (logits[at]! > largest) largest = logits[at]!;
    let total = 0;
    for (let at = i; at < way * n; at += n) {
      const power = Math.exp(logits[at]! - largest);
      probabilities[at] = power;
      total += power;
    }
    for (let at = i; at < way * n; at += n) {
      const probability = probabilities[at]! / total;
      probabilities[at] = probability;
      gamma[at] = a[at]! + probability - logits[at]! / way;
    }
    gamma[labels[i]! * n + i]! -= 1;
  }
  return { a, logits, probabilities, gamma };
}

/** −(approximate inverse Hessian) · gradient: the two-loop recursion, with inner products x · K y. */
function descentDirection(gamma: Float64Array, history: readonly Update[]): Float64Array {
  const direction = scaled(-1, gamma);
  const weights = new Float64Array(history.length);
  for (let h = history.length - 1; h >= 0; h--) {
    const { turn, kernelStep, curvature } = history[h]!;
    weights[h] = dot(kernelStep, direction) / curvature;
    addTo(direction, -weights[h]!, turn);
  }
  for (let h = 0; h < history.length; h++) {
    const { step, kernelTurn, curvature } = history[h]!;
    addTo(direction, weights[h]! - dot(kernelTurn, direction) / curvature, step);
  }
  return direction;
}

/**
 * Walk along `direction`, shortening the step by the secant rule until the slope there rises to at most half of the
 * slope here: the objective is convex, so that is short of twice too far. Slopes, since the objective's decrease drowns in
 * rounding long before the gradient vanishes.
 */
function lineSearch(
  labels: Int32Array,
  way: number,
  { a, logits }: Point,
  gradient: Float64Array,
  direction: Float64Array,
  change: Float64Array,
): { readonly next: Point; readonly length: number } {
  const descent = -dot(gradient, direction);
  for (let length = 1; length > 0; ) {
    const next = evaluate(labels, way, sum(a, length, direction), sum(logits, length, change));
    const slope = dot(next.gamma, change);
    if (slope <= 0.5 * descent) return { next, length };
    length *= descent / (descent + slope);
  }
  throw new Error('logistic regression: no step goes down; are the features finite?');
}

/** b = f − w · x, the same at every point, with w = C Σ_j (y_j − p_j) x_j at the optimum. */
function interceptsOf(
  { gram, stride, labels, way, C }: SoftmaxRegressionProblem,
  probabilities: Float64Array,
  logits: Float64Array,
): Float64Array {
  const n = labels.length;
  const intercepts = new Float64Array(way);
  for (let k = 0; k < way; k++) {
    // The mean over all points i.
    for (let j = 0; j < n; j++) {
      let products = 0;
      for (let i = 0; i < n; i++) products += i > j ? gram[i * stride + j]! : gram[j * stride + i]!;
      const residual = (labels[j] === k ? 1 : 0) - probabilities[k * n + j]!;
      intercepts[k]! += (logits[k * n + j]! - C * residual * products) / n;
    }
  }
  return intercepts;
}

/** K x for each class: shape (way, n). */
function times(kernel: Float64Array, n: number, x: Float64Array): Float64Array {
  const result = new Float64Array(x.length);
  for (let start = 0; start < x.length; start += n) {
    for (let i = 0; i < n; i++) result[start + i] = dotAt(kernel, i * n, x, start, n);
  }
  return result;
}

/** a + scale · b. */
function sum(a: Float64Array, scale: number, b: Float64Array): Float64Array {
  const result = new Float64Array(a.length);
  for (let i = 0; i < result.length; i++) result[i] = a[i]! + scale * b[i]!;
  return result;
}

function scaled(scale: number, a: Float64Array): Float64Array {
  const result = new Float64Array(a.length);
  for (let i = 0; i < result.length; i++) result[i] = scale * a[i]!;
  return result;
}

function addTo(a: Float64Array, scale: number, b: Float64Array): void {
  for (let i = 0; i < a.length; i++) a[i]! += scale * b[i]!;
}

function dot(a: Float64Array, b: Float64Array): number {
  return dotAt(a, 0, b, 0, a.length);
}

/** Inner product of `length` entries of a and b; four sums, since the next addition need not wait for the last one. */
function dotAt(a: Float64Array, aAt: number, b: Float64Array, bAt: number, length: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    s0 += a[aAt + i]! * b[bAt + i]!;
    s1 += a[aAt + i + 1]! * b[bAt + i + 1]!;
    s2 += a[aAt + i + 2]! * b[bAt + i + 2]!;
    s3 += a[aAt + i + 3]! * b[bAt + i + 3]!;
  }
  for (; i < length; i++) s0 += a[aAt + i]! * b[bAt + i]!;
  return s0 + s1 + (s2 + s3);
}
