import { tf } from '@clce/engine';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { referenceHcl } from '../reference/hcl.ts';
import { arbitraryBatch } from '../testing/arbitrary-batch.ts';
import { evaluateOnCpu } from '../testing/cpu-evaluation.ts';
import { type HclOptions, hcl } from './hcl.ts';
import { lacln } from './lacln.ts';

const arbitraryOptions = fc.record({
  temperature: fc.constantFrom(0.05, 0.1, 0.5, 1),
  hardness: fc.constantFrom(0, 0.5, 1, 2),
  tauPlus: fc.constantFrom(0, 0.1, 0.3),
});

test('value and gradient agree with the float64 loop', async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryBatch(), arbitraryOptions, async ({ embeddings }, options) => {
      const viewB = secondView(embeddings);
      const expected = referenceHcl(embeddings, viewB, options);
      const { value, gradients } = await evaluate(embeddings, viewB, options);
      expect(Math.abs(value - expected.value)).toBeLessThan(1e-4 * (1 + expected.value));
      const exact = [...expected.gradientA, ...expected.gradientB].flat();
      const shortest = Math.min(...[...embeddings, ...viewB].map((row) => Math.hypot(...row) || 1));
      const tolerance = 1e-3 * Math.max(...exact.map(Math.abs)) + 1e-5 / (options.temperature * shortest);
      for (const [i, x] of gradients.flat(2).entries())
        expect(Math.abs(x - exact[i]!)).toBeLessThan(tolerance);
    }),
    { numRuns: 100 },
  );
});

test('blocks give what one block gives', async () => {
  const viewA = Array.from({ length: 7 }, (_, i) => [Math.sin(i), Math.cos(2 * i), Math.sin(3 * i + 1)]);
  const viewB = secondView(viewA);
  const whole = await evaluate(viewA, viewB, { blockSize: 14 });
  for (const blockSize of [1, 3, 5]) {
    const split = await evaluate(viewA, viewB, { blockSize });
    expect(split.value).toBeCloseTo(whole.value, 5);
    for (const [i, x] of split.gradients.flat(2).entries())
      expect(x).toBeCloseTo(whole.gradients.flat(2)[i]!, 5);
  }
});

test('without debiasing, a sample is a class of two', async () => {
  const viewA = [
    [1, 2, 0],
    [0.5, -1, 1],
    [2, 0.1, -1],
  ];
  const viewB = secondView(viewA);
  const { value } = await evaluate(viewA, viewB, { tauPlus: 0 });
  const labelled = await evaluateOnCpu(([z], y) => lacln(z!, y), [[...viewA, ...viewB]], [0, 1, 2, 0, 1, 2]);
  expect(value).toBeCloseTo(labelled.value, 5);
});

test('a single sample has no negatives and costs nothing', async () => {
  const { value, gradients } = await evaluate([[1, 2]], [[2, 1]], {});
  expect(value).toBe(0);
  expect(gradients.flat(2).map(Math.abs)).toEqual([0, 0, 0, 0]);
});

test('views of different shapes are refused', () => {
  expect(() => hcl(tf.zeros([2, 3]), tf.zeros([2, 4]))).toThrow('viewB must be of the shape of viewA, [2,3]');
});

function evaluate(viewA: number[][], viewB: number[][], options: HclOptions) {
  return evaluateOnCpu(([a, b]) => hcl(a!, b!, options), [viewA, viewB], []);
}

function secondView(rows: number[][]): number[][] {
  return rows.map((row, i) => row.map((x, j) => x + 0.4 * Math.sin(5 * i + 3 * j)));
}
