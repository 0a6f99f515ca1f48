import fc from 'fast-check';
import { expect, test } from 'vitest';
import { crossEntropy } from '../terms/cross-entropy.ts';
import { lacln } from '../terms/lacln.ts';
import { arbitraryBatch } from '../testing/arbitrary-batch.ts';
import { evaluateOnCpu } from '../testing/cpu-evaluation.ts';
import { ceSupCon } from './ce-sup-con.ts';
import { type ClceOptions, clce } from './clce.ts';

test('λ = 0 is cross-entropy and λ = 1 is LACLN, to the last bit', async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryBatch(), async ({ logits, embeddings, labels }) => {
      const none = await evaluate(logits, embeddings, labels, { lambda: 0 });
      const ce = await evaluateOnCpu(([x], y) => crossEntropy(x!, y), [logits], labels);
      expect(none.value).toBe(ce.value);
      expect(none.gradients[0]).toEqual(ce.gradients[0]);
      expect(new Set(none.gradients[1]!.flat())).toEqual(new Set([0]));

      const all = await evaluate(logits, embeddings, labels, { lambda: 1 });
      const contrastive = await evaluateOnCpu(([z], y) => lacln(z!, y), [embeddings], labels);
      expect(all.value).toBe(contrastive.value);
      expect(new Set(all.gradients[0]!.flat())).toEqual(new Set([0]));
      expect(all.gradients[1]).toEqual(contrastive.gradients[0]);
    }),
    { numRuns: 30 },
  );
});

test('CE + SupCon is CLCE with β = 0 in the out form', async () => {
  const logits = [
    [1, 0],
    [0, 2],
    [0.5, 0.2],
  ];
  const embeddings = [
    [1, 2],
    [2, -1],
    [0.3, 1],
  ];
  const labels = [0, 1, 0];
  const blended = await evaluateOnCpu(
    ([x, z], y) => ceSupCon({ logits: x!, embeddings: z!, labels: y }, { lambda: 0.4 }),
    [logits, embeddings],
    labels,
  );
  expect(blended).toEqual(
    await evaluate(logits, embeddings, labels, { lambda: 0.4, hardness: 0, form: 'out' }),
  );
});

function evaluate(logits: number[][], embeddings: number[][], labels: number[], options: ClceOptions) {
  return evaluateOnCpu(
    ([x, z], y) => clce({ logits: x!, embeddings: z!, labels: y }, options),
    [logits, embeddings],
    labels,
  );
}
