/**
 * Multinomial logistic regression on few points, solved to the optimum with L-BFGS and a Newton-like initial matrix.
 *
 * Minimises Σ_i [ log Σ_k exp f_ik − f_i,y(i) ] + 1/(2C) Σ_k |w_k|², where f_ik = w_k · x_i + b_k and the intercepts b are
 * unpenalised. This is scikit-learn's LogisticRegression(C, multi_class="multinomial"). The minimum is unique (up to a
 * constant added to all b), so the result does not depend on the solver.
 *
 * L-BFGS is Nocedal & Wright's algorithm 7.4. Its initial matrix is the inverse of the Hessian at equal probabilities,
 * H₀ = (1/way) X̃ᵀX̃ + diag(1/C, …, 1/C, 0), where X̃ holds the points with a constant 1 for the intercept. With unit-length
 * features and C = 1 the probabilities stay soft, so the method is nearly Newton's: about ten iterations reach a gradient of
 * 1e-8.
 *
 * The parameters are never computed. A vector a with one number for each point represents the parameters H₀⁻¹X̃ᵀa of a class
 * (the representer theorem, Kimeldorf & Wahba 1970). Then the logits are f = K a with K = X̃H₀⁻¹X̃ᵀ, and the gradient is X̃ᵀγ
 * with γ = a + p − y − f / way. K has a row and a column for each point. Every vector is stored with its product with K.
 * Directions are combinations of stored vectors, so an iteration costs one product: K γ. Points may be dependent or repeated.
 */
export interface SoftmaxRegression {
  /** Class probabilities of the points, shape (way, n). */
  readonly probabilities: Float64Array;
  /** Shape (way). */
  readonly intercepts: Float64Array;
  readonly iterations: number;
}

export interface SoftmaxRegressionProblem {
  /** Inner products of the points, row-major, shape (n, stride ≥ n). Only entries on and below the diagonal are read. */
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
/** Number of stored pairs. Where H₀ is near the Hessian, two pairs work as well as ten; elsewhere ten save iterations. */
const MEMORY = { near: 2, far: 10 };
/** Iterations after which H₀ counts as far from the Hessian. */
const NEAR = 8;

/** @throws Error when the gradient does not vanish within 500 iterations, for example when a point is not finite */
export function softmaxRegression(problem: SoftmaxRegressionProblem): SoftmaxRegression {
  const { labels, way } = problem;
  const size = way * labels.length;
  const kernel = preconditionedKernel(problem);
  const tolerance = GRADIENT_TOLERANCE / Math.sqrt(largestCurvature(problem));
  const direction = imaged(size);
  const history: Update[] = [];
  let [at, next] = [point(size), point(size)];
  evaluate(at, labels, way);
  multiply(kernel, at.gamma);
  for (let iterations = 0; iterations < MAX_ITERATIONS; iterations++) {
    if (Math.sqrt(Math.max(0, dot(at.gamma.own, at.gamma.image))) <= tolerance) {
      const { probabilities, logits } = at;
      return { probabilities, intercepts: interceptsOf(problem, probabilities, logits.image), iterations };
    }
    descend(direction, at.gamma, history);
    const length = lineSearch(next, at, direction, labels, way);
    multiply(kernel, next.gamma);
    const memory = iterations < NEAR ? MEMORY.near : MEMORY.far;
    const update = history.length < memory ? newUpdate(size) : history.shift()!;
    scale(update.step, length, direction);
    add(update.turn, next.gamma, -1, at.gamma);
    update.curvature = dot(update.step.own, update.turn.image);
    if (update.curvature > 0) history.push(update);
    [at, next] = [next, at];
  }
  throw new Error(`logistic regression: no optimum after ${MAX_ITERATIONS} iterations`);
}

/** A vector of shape (way, n), and its product with K, class by class. */
interface Imaged {
  readonly own: Float64Array;
  readonly image: Float64Array;
}

/** A step, and the change of γ over that step (`turn`). */
interface Update {
  readonly step: Imaged;
  readonly turn: Imaged;
  /** The inner product step · K turn. */
  curvature: number;
}

interface Point {
  /** a, and f = K a. */
  readonly logits: Imaged;
  /** Shape (way, n). */
  readonly probabilities: Float64Array;
  /** γ, and K γ. */
  readonly gamma: Imaged;
}

function imaged(size: number): Imaged {
  return { own: new Float64Array(size), image: new Float64Array(size) };
}

function newUpdate(size: number): Update {
  return { step: imaged(size), turn: imaged(size), curvature: 0 };
}

function point(size: number): Point {
  return { logits: imaged(size), probabilities: new Float64Array(size), gamma: imaged(size) };
}

/**
 * K = X̃H₀⁻¹X̃ᵀ, row-major, shape (n, n). By the matrix inversion lemma K = way · (I − M⁻¹ + M⁻¹1 1ᵀM⁻¹ / 1ᵀM⁻¹1), where
 * M = I + (C / way) XXᵀ. The last term comes from the unpenalised intercept.
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

/** Inverts a positive definite matrix in place. Reads entries on and below the diagonal, and writes all entries. */
function invert(matrix: Float64Array, n: number): void {
  // Compute Cholesky's factor L, then its inverse, then L⁻ᵀL⁻¹.
  for (let r = 0; r < n; r++) {
    for (let c = 0; c <= r; c++) {
      const entry = matrix[r * n + c]! - dotAt(matrix, r * n, matrix, c * n, c);
      matrix[r * n + c] = r === c ? Math.sqrt(entry) : entry / matrix[c * n + c]!;
    }
  }
  // L⁻¹ is stored transposed, so that all sums run along rows.
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

/** Upper bound of the largest eigenvalue of H₀. It turns gradient lengths measured by H₀⁻¹ into Euclidean bounds. */
function largestCurvature({ gram, stride, labels, way, C }: SoftmaxRegressionProblem): number {
  let squares = labels.length;
  for (let i = 0; i < labels.length; i++) squares += gram[i * stride + i]!;
  return 1 / C + squares / way;
}

/** Computes the probabilities and γ = a + p − y − f / way from a and f. */
function evaluate({ logits, probabilities, gamma }: Point, labels: Int32Array, way: number): void {
  const n = labels.length;
  const [a, f] = [logits.own, logits.image];
  for (let i = 0; i < n; i++) {
    let largest = Number.NEGATIVE_INFINITY;
    for (let at = i; at < way * n; at += n) if (f[at]! > largest) largest = f[at]!;
    let total = 0;
    for (let at = i; at < way * n; at += n) {
      const power = Math.exp(f[at]! - largest);
      probabilities[at] = power;
      total += power;
    }
    for (let at = i; at < way * n; at += n) {
      const probability = probabilities[at]! / total;
      probabilities[at] = probability;
      gamma.own[at] = a[at]! + probability - f[at]! / way;
    }
    gamma.own[labels[i]! * n + i]! -= 1;
  }
}

/** −(approximate inverse Hessian) · gradient: the two-loop recursion, with inner products x · K y. */
function descend(direction: Imaged, gamma: Imaged, history: readonly Update[]): void {
  scale(direction, -1, gamma);
  const weights: number[] = [];
  for (let h = history.length - 1; h >= 0; h--) {
    const { step, turn, curvature } = history[h]!;
    weights[h] = dot(step.image, direction.own) / curvature;
    add(direction, direction, -weights[h]!, turn);
  }
  for (let h = 0; h < history.length; h++) {
    const { step, turn, curvature } = history[h]!;
    add(direction, direction, weights[h]! - dot(turn.image, direction.own) / curvature, step);
  }
}

/**
 * Moves along `direction` to `next`. The secant rule shortens the step until the upward slope at `next` is at most half the
 * downward slope at `at`. The test uses slopes, because rounding hides the decrease of the objective long before the gradient
 * vanishes.
 * @returns the step's length as a multiple of `direction`
 */
function lineSearch(next: Point, at: Point, direction: Imaged, labels: Int32Array, way: number): number {
  const descent = -dot(at.gamma.image, direction.own);
  for (let length = 1; length > 0; ) {
    add(next.logits, at.logits, length, direction);
    evaluate(next, labels, way);
    const slope = dot(next.gamma.own, direction.image);
    if (slope <= 0.5 * descent) return length;
    length *= descent / (descent + slope);
  }
  throw new Error('logistic regression: no step goes down; are the features finite?');
}

/** b = f − w · x, with w = C Σ_j (y_j − p_j) x_j. At the optimum b is the same at every point. */
function interceptsOf(
  { gram, stride, labels, way, C }: SoftmaxRegressionProblem,
  probabilities: Float64Array,
  logits: Float64Array,
): Float64Array {
  const n = labels.length;
  const intercepts = new Float64Array(way);
  // Take the mean of b over all points i.
  for (let j = 0; j < n; j++) {
    let products = 0;
    for (let i = 0; i < n; i++) products += i > j ? gram[i * stride + j]! : gram[j * stride + i]!;
    for (let k = 0; k < way; k++) {
      const residual = (labels[j] === k ? 1 : 0) - probabilities[k * n + j]!;
      intercepts[k]! += (logits[k * n + j]! - C * residual * products) / n;
    }
  }
  return intercepts;
}

/** x.image = K x for each class. */
function multiply(kernel: Float64Array, { own, image }: Imaged): void {
  const n = Math.sqrt(kernel.length);
  for (let start = 0; start < own.length; start += n) {
    let i = 0;
    // Four rows in one iteration share each element of x.
    for (; i + 4 <= n; i += 4) {
      let [s0, s1, s2, s3] = [0, 0, 0, 0];
      for (let j = 0, at = i * n; j < n; j++, at++) {
        const x = own[start + j]!;
        s0 += kernel[at]! * x;
        s1 += kernel[at + n]! * x;
        s2 += kernel[at + 2 * n]! * x;
        s3 += kernel[at + 3 * n]! * x;
      }
      image[start + i] = s0;
      image[start + i + 1] = s1;
      image[start + i + 2] = s2;
      image[start + i + 3] = s3;
    }
    for (; i < n; i++) image[start + i] = dotAt(kernel, i * n, own, start, n);
  }
}

/** result = a + factor · b. */
function add(result: Imaged, a: Imaged, factor: number, b: Imaged): void {
  addVectors(result.own, a.own, factor, b.own);
  addVectors(result.image, a.image, factor, b.image);
}

function addVectors(result: Float64Array, a: Float64Array, factor: number, b: Float64Array): void {
  for (let i = 0; i < result.length; i++) result[i] = a[i]! + factor * b[i]!;
}

/** result = factor · a. */
function scale(result: Imaged, factor: number, a: Imaged): void {
  scaleVector(result.own, factor, a.own);
  scaleVector(result.image, factor, a.image);
}

function scaleVector(result: Float64Array, factor: number, a: Float64Array): void {
  for (let i = 0; i < result.length; i++) result[i] = factor * a[i]!;
}

function dot(a: Float64Array, b: Float64Array): number {
  return dotAt(a, 0, b, 0, a.length);
}

/** Inner product of `length` entries of a and b. Four independent sums, so that additions need not wait for each other. */
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
