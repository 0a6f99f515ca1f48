import { tf } from '@clce/engine';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { referenceCrossEntropy } from '../reference/cross-entropy.ts';
import { arbitraryBatch } from '../testing/arbitrary-batch.ts';
import { evaluateOnCpu } from '../testing/cpu-evaluation.ts';
import { readSmoothingCases } from '../testing/fixture-cases.ts';
import { crossEntropy, crossEntropyOf } from './cross-entropy.ts';

test('value and gradient agree with the float64 loop', async () => {
  await fc.assert(
    fc.asyncProperty(
      arbitraryBatch(),
      fc.constantFrom(0, 0.1, 0.9),
      async ({ logits, labels }, labelSmoothing) => {
        const expected = referenceCrossEntropy(logits, labels, labelSmoothing);
        const { value, gradients } = await evaluate(logits, labels, labelSmoothing);
        expect(Math.abs(value - expected.value)).toBeLessThan(1e-5);
        for (const [i, row] of gradients[0]!.entries()) {
          for (const [c, x] of row.entries())
            expect(Math.abs(x - expected.gradient[i]![c]!)).toBeLessThan(1e-6);
        }
      },
    ),
    { numRuns: 60 },
  );
});

test.each(readSmoothingCases())(
  'label smoothing is PyTorch’s: $name',
  async ({ logits, labels, minority, share = 0, smoothing: labelSmoothing, ...expected }) => {
    const { value, gradients } = await evaluateOnCpu(
      ([x], y) => {
        const mixed = minority && {
          minority: { labels: tf.tensor1d(minority, 'int32'), share: tf.scalar(share) },
        };
        return crossEntropyOf({ logits: x!, labels: y, ...mixed }, { labelSmoothing });
      },
      [logits],
      labels,
    );
    expect(Math.abs(value - expected.value)).toBeLessThan(1e-5);
    const exact = expected.gradLogits.flat();
    for (const [at, x] of gradients[0]!.flat().entries()) expect(Math.abs(x - exact[at]!)).toBeLessThan(1e-6);
  },
);

test('uniform logits cost log(classes), with or without smoothing', async () => {
  const uniform = [[2, 2, 2, 2]];
  expect((await evaluate(uniform, [1], 0)).value).toBeCloseTo(Math.log(4), 6);
  expect((await evaluate(uniform, [1], 0.3)).value).toBeCloseTo(Math.log(4), 6);
});

test('a hopelessly wrong logit costs the documented finite floor', async () => {
  const { value, gradients } = await evaluate([[3e38, -3e38]], [1], 0);
  expect(value).toBeCloseTo(1e30, -24);
  expect(gradients[0]).toEqual([[1, -1]]);
});

test('labels must be int32 and as many as the rows', async () => {
  await tf.setBackend('cpu');
  const logits = tf.zeros<tf.Rank.R2>([2, 3]);
  expect(() => crossEntropy(logits, tf.tensor1d([0, 1]))).toThrow(
    'labels must be an int32 tensor of shape [n], got {"dtype":"float32","shape":[2]}',
  );
  expect(() => crossEntropy(logits, tf.tensor1d([0], 'int32'))).toThrow(
    'labels must be one label for each of the 2 rows of logits, got {"dtype":"int32","shape":[1]}',
  );
});

function evaluate(logits: number[][], labels: number[], labelSmoothing: number) {
  return evaluateOnCpu(([x], y) => crossEntropy(x!, y, { labelSmoothing }), [logits], labels);
}
