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
 * γ = a + p − y − f / way. Every vector is kept with its product with K, which has a row and a column a point; directions are
 * combinations of such vectors, so an iteration costs one product, that of γ. Dependent or repeated points are no trouble.
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
/** Pairs that are remembered: of H₀ so near, two do what ten do; where it is not, ten save iterations. */
const MEMORY = { near: 2, far: 10 };
/** Iterations after which H₀ is taken not to be near. */
const NEAR = 8;

/** @throws Error when the gradient does not vanish within 500 iterations, as where a point is not finite */
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

/** A vector of shape (way, n), and its product with K for each class. */
interface Imaged {
  readonly own: Float64Array;
  readonly image: Float64Array;
}

/** A step and what it did to γ. */
interface Update {
  readonly step: Imaged;
  readonly turn: Imaged;
  /** step · K turn. */
  curvature: number;
}

interface Point {
  /** a and f. */
  readonly logits: Imaged;
  /** Shape (way, n). */
  readonly probabilities: Float64Array;
  /** γ and the gradient. */
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

/** Probabilities and γ = a + p − y − f / way, from a and f. */
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
 * Walk along `direction` to `next`, shortening the step by the secant rule until the slope there rises to at most half of the
 * slope here: the objective is convex, so that is short of twice too far. Slopes, since the objective's decrease drowns in
 * rounding long before the gradient vanishes.
 * @returns the step's length, of direction's
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

/** b = f − w · x, the same at every point, with w = C Σ_j (y_j − p_j) x_j at the optimum. */
function interceptsOf(
  { gram, stride, labels, way, C }: SoftmaxRegressionProblem,
  probabilities: Float64Array,
  logits: Float64Array,
): Float64Array {
  const n = labels.length;
  const intercepts = new Float64Array(way);
  // The mean over all points i.
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
    // Four rows in a turn, so that what is read of x serves all.
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
