import { describe, expect, test } from 'vitest';
import { readFixtureCases, readHSclCases } from '../testing/fixture-cases.ts';
import { referenceClce } from './clce.ts';
import { referenceHScl } from './h-scl.ts';
import { referenceHcl } from './hcl.ts';

const TOLERANCE = 1e-10;
const cases = readFixtureCases();

describe('the float64 reference agrees with autograd', () => {
  test.each(cases.contrastive)('$name', (fixture) => {
    const { value, crossEntropy, contrastive, anchors, gradientEmbeddings, gradientLogits } = referenceClce(
      fixture,
      {
        temperature: fixture.tau,
        hardness: fixture.beta,
        form: fixture.form,
        detachWeights: fixture.detachWeights,
        lambda: fixture.lambda,
        labelSmoothing: fixture.smoothing,
      },
    );
    expect(
      largestDifference(
        [value, crossEntropy, contrastive],
        [fixture.total, fixture.crossEntropy, fixture.contrastive],
      ),
    ).toBeLessThan(TOLERANCE);
    expect(anchors.map((term) => term === null)).toEqual(fixture.anchors.map((term) => term === null));
    expect(largestDifference(anchors, fixture.anchors)).toBeLessThan(TOLERANCE);
    expect(largestDifference(gradientEmbeddings.flat(), fixture.gradEmbeddings.flat())).toBeLessThan(
      TOLERANCE,
    );
    expect(largestDifference(gradientLogits.flat(), fixture.gradLogits.flat())).toBeLessThan(TOLERANCE);
  });

  test.each(cases.hcl)('HCL: τ $tau, β $beta, τ⁺ $tauPlus', (fixture) => {
    const { value, gradientA, gradientB } = referenceHcl(fixture.a, fixture.b, {
      temperature: fixture.tau,
      hardness: fixture.beta,
      tauPlus: fixture.tauPlus,
    });
    expect(Math.abs(value - fixture.value)).toBeLessThan(TOLERANCE);
    expect(largestDifference(gradientA.flat(), fixture.gradA.flat())).toBeLessThan(TOLERANCE);
    expect(largestDifference(gradientB.flat(), fixture.gradB.flat())).toBeLessThan(TOLERANCE);
  });

  test.each(readHSclCases())('H-SCL: $name', ({ embeddings, labels, detachWeights, ...fixture }) => {
    const options = { temperature: fixture.tau, hardness: fixture.beta, detachWeights };
    const { value, gradient } = referenceHScl(embeddings, labels, options);
    expect(Math.abs(value - fixture.value)).toBeLessThan(TOLERANCE);
    expect(largestDifference(gradient.flat(), fixture.gradEmbeddings.flat())).toBeLessThan(TOLERANCE);
  });
});

function largestDifference(actual: (number | null)[], expected: (number | null)[]): number {
  expect(actual).toHaveLength(expected.length);
  return Math.max(...actual.map((value, i) => Math.abs((value ?? 0) - (expected[i] ?? 0))));
}
