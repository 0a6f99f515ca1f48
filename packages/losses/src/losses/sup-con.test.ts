import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dot } from '../reference/matrix.ts';
import { normalizeRows } from '../reference/normalize.ts';
import { lacln } from '../terms/lacln.ts';
import { arbitraryBatch } from '../testing/arbitrary-batch.ts';
import { evaluateOnCpu } from '../testing/cpu-evaluation.ts';
import { supCon } from './sup-con.ts';

test('is the paper’s equation 2, summed pair by pair', async () => {
  await fc.assert(
    fc.asyncProperty(
      arbitraryBatch(),
      fc.constantFrom(0.1, 0.5),
      async ({ embeddings, labels }, temperature) => {
        const { value } = await evaluateOnCpu(
          ([z], y) => supCon(z!, y, { temperature }),
          [embeddings],
          labels,
        );
        const expected = equationTwo(embeddings, labels, temperature);
        expect(Math.abs(value - expected)).toBeLessThan(1e-5 * (1 + expected));
      },
    ),
    { numRuns: 60 },
  );
});

test('is LACLN with β = 0 in the out form', async () => {
  const embeddings = [
    [1, 2],
    [0.5, -1],
    [2, 0.1],
    [-1, 1],
  ];
  const labels = [0, 0, 1, 1];
  const own = await evaluateOnCpu(([z], y) => supCon(z!, y), [embeddings], labels);
  const same = await evaluateOnCpu(
    ([z], y) => lacln(z!, y, { hardness: 0, form: 'out' }),
    [embeddings],
    labels,
  );
  expect(own).toEqual(same);
});

/** Khosla et al. 2020, equation 2, as a mean over the anchors with a positive; float64. */
function equationTwo(embeddings: number[][], labels: number[], temperature: number): number {
  const z = normalizeRows(embeddings);
  const losses: number[] = [];
  for (const [i, anchor] of z.entries()) {
    const exponential = (j: number) => Math.exp(dot(anchor, z[j]!) / temperature);
    const others = z.map((_, j) => j).filter((j) => j !== i);
    const positives = others.filter((j) => labels[j] === labels[i]);
    if (positives.length === 0) continue;
    const denominator = others.reduce((sum, a) => sum + exponential(a), 0);
    const sum = positives.reduce((total, p) => total + Math.log(exponential(p) / denominator), 0);
    losses.push(-sum / positives.length);
  }
  return losses.reduce((sum, loss) => sum + loss, 0) / Math.max(losses.length, 1);
}
