import fc from 'fast-check';
import { expect, test } from 'vitest';
import { referenceHScl } from '../reference/h-scl.ts';
import { arbitraryBatch } from '../testing/arbitrary-batch.ts';
import { evaluateOnCpu } from '../testing/cpu-evaluation.ts';
import { type HSclOptions, hSclOf } from './h-scl.ts';
import { lacln } from './lacln.ts';

const defaults: HSclOptions = { temperature: 0.5, hardness: 1, detachWeights: false, blockSize: 256 };

const arbitraryOptions = fc.record({
  temperature: fc.constantFrom(0.05, 0.1, 0.5, 1),
  hardness: fc.constantFrom(0, 0.5, 1, 2),
  detachWeights: fc.boolean(),
  blockSize: fc.constantFrom(1, 3, 256),
});

test('value and gradient agree with the float64 loop', async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryBatch(), arbitraryOptions, async ({ embeddings, labels }, options) => {
      const expected = referenceHScl(embeddings, labels, options);
      const { value, gradients } = await evaluate(embeddings, labels, options);
      expect(Math.abs(value - expected.value)).toBeLessThan(1e-4 * (1 + expected.value));
      const exact = expected.gradient.flat();
      const shortest = Math.min(...embeddings.map((row) => Math.hypot(...row) || 1));
      const tolerance = 1e-3 * Math.max(...exact.map(Math.abs)) + 1e-5 / (options.temperature * shortest);
      for (const [i, x] of gradients[0]!.flat().entries())
        expect(Math.abs(x - exact[i]!)).toBeLessThan(tolerance);
    }),
    { numRuns: 100 },
  );
});

const views = [
  [1, 2, 0],
  [0.5, -1, 1],
  [2, 0.1, -1],
  [1.2, 1.8, 0.1],
  [0.4, -1.1, 0.8],
  [2.1, 0, -0.7],
];

test('is LACLN where each anchor has one positive', async () => {
  const labels = [0, 1, 2, 0, 1, 2];
  const own = await evaluate(views, labels, defaults);
  const other = await evaluateOnCpu(([z], y) => lacln(z!, y, { form: 'out' }), [views], labels);
  expect(own.value).toBeCloseTo(other.value, 6);
  for (const [i, x] of own.gradients[0]!.flat().entries())
    expect(x).toBeCloseTo(other.gradients[0]!.flat()[i]!, 6);
});

test('is not LACLN where an anchor has several: a pair’s denominator holds its own positive alone', async () => {
  const labels = [0, 1, 0, 0, 1, 0];
  const own = await evaluate(views, labels, defaults);
  const other = await evaluateOnCpu(([z], y) => lacln(z!, y, { form: 'out' }), [views], labels);
  expect(Math.abs(own.value - other.value)).toBeGreaterThan(0.1);
});

test.each([
  ['no pair', [0, 1, 2, 3, 4, 5]],
  ['no negative', [1, 1, 1, 1, 1, 1]],
])('%s costs nothing', async (_, labels) => {
  const { value, gradients } = await evaluate(views, labels, defaults);
  expect(value).toBe(0);
  expect(new Set(gradients.flat(2).map(Math.abs))).toEqual(new Set([0]));
});

function evaluate(embeddings: number[][], labels: number[], options: HSclOptions) {
  return evaluateOnCpu(([z], y) => hSclOf(z!, y, options), [embeddings], labels);
}
