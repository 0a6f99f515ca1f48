/**
 * Multinomial logistic regression of a few points, solved to the optimum: L-BFGS with a Newton-like start.
 *
 * Minimises Σ_i [ log Σ_k exp f_ik − f_i,y(i) ] + 1/(2C) Σ_k |w_k|², f_ik = w_k · z_i + b_k, the intercepts b
 * unpenalised: scikit-learn's LogisticRegression(C, multi_class="multinomial"). The minimum is unique (up to a constant
 * added to all b), so which way one gets there leaves no trace in the result.
 *
 * L-BFGS is Nocedal & Wright's algorithm 7.4. Its initial matrix is the inverse of the Hessian at equal probabilities,
 * (1/way) Z̃ᵀZ̃ + diag(1/C, …, 1/C, 0), one small Cholesky factor for all classes. With unit-length features and C = 1 the
 * probabilities stay soft, so this is nearly Newton's method: about ten iterations reach a gradient of 1e-8. Steps are
 * judged by slopes, not by the objective's decrease, which drowns in rounding long before that.
 */
export interface SoftmaxRegression {
  /** Class probabilities of the points, row-major, shape (n, way). */
  readonly probabilities: Float64Array;
  /** Shape (way). */
  readonly intercepts: Float64Array;
  readonly iterations: number;
}

export interface SoftmaxRegressionProblem {
  /** Points with a constant 1 as their last coordinate: row-major, shape (n, width). */
  readonly points: Float64Array;
  readonly width: number;
  /** Class of each point, 0 … way − 1: shape (n). */
  readonly labels: Int32Array;
  readonly way: number;
  /** Inverse strength of the penalty. */
  readonly C: number;
}

const GRADIENT_TOLERANCE = 1e-8;
const MAX_ITERATIONS = 500;
const MEMORY = 10;

/** @throws Error when the gradient does not vanish within 500 iterations */
export function softmaxRegression(problem: SoftmaxRegressionProblem): SoftmaxRegression {
  const { width, way } = problem;
  const parameters = way * width;
  const solveInitial = initialHessian(problem);
  let theta = new Float64Array(parameters);
  let { gradient, probabilities } = evaluate(problem, theta);
  const history: Update[] = [];
  for (let iterations = 0; iterations < MAX_ITERATIONS; iterations++) {
    if (largestMagnitude(gradient) <= GRADIENT_TOLERANCE) {
      const intercepts = Float64Array.from({ length: way }, (_, k) => theta[k * width + width - 1]!);
      return { probabilities, intercepts, iterations };
    }
    const direction = descentDirection(gradient, history, solveInitial);
    const next = lineSearch(problem, theta, gradient, direction);
    const step = sum(next.theta, -1, theta);
    const change = sum(next.gradient, -1, gradient);
    const curvature = dot(step, change);
    if (curvature > 0) history.push({ step, change, curvature });
    if (history.length > MEMORY) history.shift();
    ({ theta, gradient, probabilities } = next);
  }
  throw new Error(
    `logistic regression: gradient ${largestMagnitude(gradient)} after ${MAX_ITERATIONS} iterations`,
  );
}

interface Update {
  readonly step: Float64Array<ArrayBuffer>;
  readonly change: Float64Array<ArrayBuffer>;
  /** step · change. */
  readonly curvature: number;
}

interface Point {
  readonly theta: Float64Array<ArrayBuffer>;
  readonly gradient: Float64Array<ArrayBuffer>;
  readonly probabilities: Float64Array<ArrayBuffer>;
}

/** Gradient and probabilities at theta, which is row-major (way, width) with the intercept last. */
function evaluate(
  { points, width, labels, way, C }: SoftmaxRegressionProblem,
  theta: Float64Array<ArrayBuffer>,
): Point {
  const n = labels.length;
  const gradient = new Float64Array(way * width);
  const probabilities = new Float64Array(n * way);
  for (let k = 0; k < way; k++) {
    for (let c = 0; c + 1 < width; c++) gradient[k * width + c] = theta[k * width + c]! / C;
  }
  for (let i = 0; i < n; i++) {
    let largest = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < way; k++) {
      const logit = dotAt(theta, k * width, points, i * width, width);
      probabilities[i * way + k] = logit;
      if (logit > largest) largest = logit;
    }
    let total = 0;
    for (let k = 0; k < way; k++)
      total += probabilities[i * way + k] = Math.exp(probabilities[i * way + k]! - largest);
    for (let k = 0; k < way; k++) {
      const probability = probabilities[i * way + k]! / total;
      probabilities[i * way + k] = probability;
      const residual = labels[i] === k ? probability - 1 : probability;
      for (let c = 0; c < width; c++) gradient[k * width + c]! += residual * points[i * width + c]!;
    }
  }
  return { theta, gradient, probabilities };
}

/** −(approximate inverse Hessian) · gradient: the two-loop recursion. */
function descentDirection(
  gradient: Float64Array,
  history: readonly Update[],
  solveInitial: (vector: Float64Array) => void,
): Float64Array<ArrayBuffer> {
  const direction = new Float64Array(gradient.length);
  for (let i = 0; i < direction.length; i++) direction[i] = -gradient[i]!;
  const weights: number[] = [];
  for (let h = history.length - 1; h >= 0; h--) {
    const { step, change, curvature } = history[h]!;
    const weight = dot(step, direction) / curvature;
    weights[h] = weight;
    for (let i = 0; i < direction.length; i++) direction[i]! -= weight * change[i]!;
  }
  solveInitial(direction);
  for (const [h, { step, change, curvature }] of history.entries()) {
    const weight = weights[h]! - dot(change, direction) / curvature;
    for (let i = 0; i < direction.length; i++) direction[i]! += weight * step[i]!;
  }
  return direction;
}

/**
 * Walk along `direction`, shortening the step by the secant rule until the slope there rises to at most half of the
 * slope here: the objective is convex, so that is short of twice too far.
 */
function lineSearch(
  problem: SoftmaxRegressionProblem,
  theta: Float64Array,
  gradient: Float64Array,
  direction: Float64Array,
): Point {
  const descent = -dot(gradient, direction);
  for (let length = 1; ; ) {
    const next = evaluate(problem, sum(theta, length, direction));
    const slope = dot(next.gradient, direction);
    if (slope <= 0.5 * descent) return next;
    length *= descent / (descent + slope);
  }
}

/** In-place solver of H₀ x = v for each class, H₀ = (1/way) Z̃ᵀZ̃ + diag(1/C, …, 1/C, 0), by Cholesky's factor. */
function initialHessian({ points, width, labels, way, C }: SoftmaxRegressionProblem) {
  const factor = new Float64Array(width * width);
  for (let i = 0; i < labels.length; i++) {
    for (let r = 0; r < width; r++) {
      const scaled = points[i * width + r]! / way;
      for (let c = 0; c <= r; c++) factor[r * width + c]! += scaled * points[i * width + c]!;
    }
  }
  for (let r = 0; r + 1 < width; r++) factor[r * width + r]! += 1 / C;
  for (let r = 0; r < width; r++) {
    for (let c = 0; c <= r; c++) {
      const entry = factor[r * width + c]! - dotAt(factor, r * width, factor, c * width, c);
      factor[r * width + c] = r === c ? Math.sqrt(entry) : entry / factor[c * width + c]!;
    }
  }
  return (vector: Float64Array): void => {
    for (let at = 0; at < vector.length; at += width) {
      for (let r = 0; r < width; r++) {
        const value = vector[at + r]! - dotAt(factor, r * width, vector, at, r);
        vector[at + r] = value / factor[r * width + r]!;
      }
      for (let c = width - 1; c >= 0; c--) {
        const value = vector[at + c]! / factor[c * width + c]!;
        vector[at + c] = value;
        for (let r = 0; r < c; r++) vector[at + r]! -= factor[c * width + r]! * value;
      }
    }
  };
}

/** a + scale · b. */
function sum(a: Float64Array, scale: number, b: Float64Array): Float64Array<ArrayBuffer> {
  const result = new Float64Array(a.length);
  for (let i = 0; i < result.length; i++) result[i] = a[i]! + scale * b[i]!;
  return result;
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

function largestMagnitude(vector: Float64Array): number {
  let largest = 0;
  for (let i = 0; i < vector.length; i++) largest = Math.max(largest, Math.abs(vector[i]!));
  return largest;
}
