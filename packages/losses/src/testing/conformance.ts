import type { Scalar, Tensor1D, Tensor2D } from '@clce/engine';
import { describe, expect, test } from 'vitest';
import { clce } from '../losses/clce.ts';
import type { Matrix } from '../reference/matrix.ts';
import { crossEntropy } from '../terms/cross-entropy.ts';
import { hSclOf } from '../terms/h-scl.ts';
import { hcl } from '../terms/hcl.ts';
import { lacln } from '../terms/lacln.ts';
import { readFixtureCases, readHSclCases } from './fixture-cases.ts';

/**
 * Test support: runs every case of fixtures/losses on an engine, with value and gradient.
 *
 * The oracle is float64 and the losses are float32. They agree to 1e-4 of the largest entry of each tensor.
 */
export type EvaluateLoss = (
  loss: (inputs: Tensor2D[], labels: Tensor1D) => Scalar,
  inputs: readonly Matrix[],
  labels: readonly number[],
) => Promise<{ readonly value: number; readonly gradients: readonly Matrix[] }>;

/** Declares the conformance tests of one engine. */
export function describeConformance(engine: string, evaluate: EvaluateLoss): void {
  const cases = readFixtureCases();

  describe(`losses on ${engine}`, () => {
    test.each(cases.contrastive)('$name', async (fixture) => {
      const { labels, lambda, smoothing } = fixture;
      const options = {
        temperature: fixture.tau,
        hardness: fixture.beta,
        form: fixture.form,
        detachWeights: fixture.detachWeights,
        labelSmoothing: smoothing,
      };
      const ce = await evaluate(([logits], y) => crossEntropy(logits!, y, options), [fixture.logits], labels);
      expectClose('cross-entropy', [ce.value], [fixture.crossEntropy]);

      const contrastive = await evaluate(([z], y) => lacln(z!, y, options), [fixture.embeddings], labels);
      expectClose('contrastive loss', [contrastive.value], [fixture.contrastive]);

      // Blocks of 7 anchors: several in most cases, the last one short.
      const total = await evaluate(
        ([logits, embeddings], y) =>
          clce({ logits: logits!, embeddings: embeddings!, labels: y }, { ...options, lambda, blockSize: 7 }),
        [fixture.logits, fixture.embeddings],
        labels,
      );
      expectClose('blend', [total.value], [fixture.total]);
      expectClose('gradient at the logits', total.gradients[0]!.flat(), fixture.gradLogits.flat());
      expectClose('gradient at the embeddings', total.gradients[1]!.flat(), fixture.gradEmbeddings.flat());
    });

    test.each(cases.hcl)('HCL: τ $tau, β $beta, τ⁺ $tauPlus', async ({ tau, beta, tauPlus, ...fixture }) => {
      const { value, gradients } = await evaluate(
        ([a, b]) => hcl(a!, b!, { temperature: tau, hardness: beta, tauPlus, blockSize: 5 }),
        [fixture.a, fixture.b],
        fixture.a.map((_, i) => i),
      );
      expectClose('value', [value], [fixture.value]);
      expectClose('gradient at view A', gradients[0]!.flat(), fixture.gradA.flat());
      expectClose('gradient at view B', gradients[1]!.flat(), fixture.gradB.flat());
    });

    test.each(readHSclCases())('H-SCL: $name', async ({ labels, embeddings, detachWeights, ...fixture }) => {
      const options = { temperature: fixture.tau, hardness: fixture.beta, detachWeights, blockSize: 5 };
      const { value, gradients } = await evaluate(([z], y) => hSclOf(z!, y, options), [embeddings], labels);
      expectClose('value', [value], [fixture.value]);
      expectClose('gradient', gradients[0]!.flat(), fixture.gradEmbeddings.flat());
    });
  });
}

const RELATIVE_TOLERANCE = 1e-4;

// Some of the oracle's gradients are about 1e-17, which is rounding of float64. The losses give exactly zero there.
const ROUNDING = 1e-12;

function expectClose(what: string, actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  const largest = Math.max(...expected.map(Math.abs));
  const error = Math.max(...actual.map((value, i) => Math.abs(value - expected[i]!)));
  expect(error, what).toBeLessThanOrEqual(RELATIVE_TOLERANCE * largest + ROUNDING);
}
