import { counterRandom, RandomOperation } from '@clce/datasets';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { softmaxRegression } from './softmax-regression.ts';

/** Inner products of points, row-major. */
function gramOf(points: readonly (readonly number[])[]): Float64Array {
  return Float64Array.from(
    points.flatMap((a) => points.map((b) => a.reduce((sum, value, d) => sum + value * b[d]!, 0))),
  );
}

describe('softmaxRegression', () => {
  it('solves two mirrored points in closed form', () => {
    // Points ±1 of classes 0 and 1: w₀ = −w₁ = w, no intercept, and w = C · 2 (1 − p), p = 1 / (1 + e^(−2w)), at C = 1.
    const { probabilities, intercepts } = softmaxRegression({
      gram: gramOf([[1], [-1]]),
      stride: 2,
      labels: Int32Array.of(0, 1),
      way: 2,
      C: 1,
    });
    let w = 0.5;
    for (let i = 0; i < 200; i++) w = (w + 2 * (1 - 1 / (1 + Math.exp(-2 * w)))) / 2;
    expect(probabilities[0]).toBeCloseTo(1 / (1 + Math.exp(-2 * w)), 8);
    expect(probabilities[3]).toBeCloseTo(1 / (1 + Math.exp(-2 * w)), 8);
    expect(intercepts[0]).toBeCloseTo(0, 8);
  });

  it('predicts the class frequencies when only the intercept matters', () => {
    const { probabilities } = softmaxRegression({
      gram: new Float64Array(16),
      stride: 4,
      labels: Int32Array.of(0, 0, 0, 1),
      way: 2,
      C: 1,
    });
    expect(probabilities[0]).toBeCloseTo(0.75, 9);
  });

  it('reaches the optimum from soft to nearly separable: each class is predicted as often as it occurs', () => {
    const coordinate = fc.double({ min: -1, max: 1, noNaN: true });
    const point = fc.record({
      at: fc.tuple(coordinate, coordinate),
      label: fc.integer({ min: 0, max: 2 }),
    });
    fc.assert(
      fc.property(
        fc.array(point, { minLength: 3, maxLength: 12 }),
        fc.constantFrom(1e-3, 1, 1e3, 1e6),
        (drawn, C) => {
          // Every class occurs; else its intercept would run off to −∞.
          const labels = Int32Array.from(drawn, ({ label }, i) => (i < 3 ? i : label));
          const n = labels.length;
          const gram = gramOf(drawn.map(({ at }) => at));
          const { probabilities } = softmaxRegression({ gram, stride: n, labels, way: 3, C });
          for (let k = 0; k < 3; k++) {
            const expected = labels.filter((label) => label === k).length;
            let predicted = 0;
            for (let i = 0; i < n; i++) predicted += probabilities[k * n + i]!;
            expect(predicted).toBeCloseTo(expected, 6);
          }
        },
      ),
      { seed: 1, numRuns: 200 },
    );
  });

  it.each([0.01, 1, 100])('gives the probabilities that follow from their own residuals, C %d', (C) => {
    // At the optimum w_k = C Σ_j (y_jk − p_jk) x_j, and the intercepts' gradient Σ_j (y_jk − p_jk) is nothing.
    const [way, n, width] = [5, 27, 8];
    const random = counterRandom(9);
    const points = Array.from({ length: n }, (_, i) =>
      Array.from({ length: width }, (_, d) => random.unit(RandomOperation.weights, i, d) - 0.5),
    );
    const gram = gramOf(points);
    const labels = Int32Array.from({ length: n }, (_, i) => i % way);
    const found = softmaxRegression({ gram, stride: n, labels, way, C });
    const residuals = found.probabilities.map((p, at) => (labels[at % n] === Math.floor(at / n) ? 1 : 0) - p);
    for (let i = 0; i < n; i++) {
      const powers = Array.from({ length: way }, (_, k) => {
        let logit = found.intercepts[k]!;
        for (let j = 0; j < n; j++) logit += C * residuals[k * n + j]! * gram[i * n + j]!;
        return Math.exp(logit);
      });
      const total = powers.reduce((sum, power) => sum + power);
      powers.forEach((power, k) => {
        expect(Math.abs(power / total - found.probabilities[k * n + i]!)).toBeLessThan(1e-7);
      });
    }
    for (let k = 0; k < way; k++) {
      const sum = residuals.subarray(k * n, (k + 1) * n).reduce((sofar, residual) => sofar + residual);
      expect(Math.abs(sum)).toBeLessThan(1e-8);
    }
  });
});
