import { getEngine, type Scalar, type Tensor1D, type Tensor2D } from '@clce/engine';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ceSupCon } from '../losses/ce-sup-con.ts';
import { clce } from '../losses/clce.ts';
import { hSclOf } from '../terms/h-scl.ts';
import { hcl } from '../terms/hcl.ts';
import { arbitraryBatch, extremeEntries } from './arbitrary-batch.ts';
import type { EvaluateLoss } from './conformance.ts';
import { evaluateOnCpu } from './cpu-evaluation.ts';
import { evaluateOn } from './engine-evaluation.ts';

const temperatures = fc.constantFrom(1e-6, 0.01, 0.07, 0.5, 100);
const hardnesses = fc.constantFrom(0, 0.5, 1, 50);

describe('every finite float32 input has a finite value and a finite gradient', () => {
  test('CLCE', async () => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryBatch(extremeEntries),
        temperatures,
        hardnesses,
        fc.constantFrom('in' as const, 'out' as const),
        fc.constantFrom(0, 0.5, 0.9, 1),
        async ({ logits, embeddings, labels }, temperature, hardness, form, lambda) => {
          const options = { temperature, hardness, form, lambda, labelSmoothing: 0.1, blockSize: 4 };
          await expectFinite(
            ([x, z], y) => clce({ logits: x!, embeddings: z!, labels: y }, options),
            [logits, embeddings],
            labels,
          );
        },
      ),
      { numRuns: 200 },
    );
  });

  test('CE + SupCon', async () => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryBatch(extremeEntries),
        temperatures,
        async ({ logits, embeddings, labels }, temperature) => {
          await expectFinite(
            ([x, z], y) => ceSupCon({ logits: x!, embeddings: z!, labels: y }, { temperature, blockSize: 3 }),
            [logits, embeddings],
            labels,
          );
        },
      ),
      { numRuns: 80 },
    );
  });

  test('HCL', async () => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryBatch(extremeEntries),
        temperatures,
        hardnesses,
        fc.constantFrom(0, 0.1, 0.9),
        async ({ embeddings }, temperature, hardness, tauPlus) => {
          const viewB = embeddings.map((row, i) => (i % 2 === 0 ? row : [...row].reverse()));
          await expectFinite(
            ([a, b]) => hcl(a!, b!, { temperature, hardness, tauPlus }),
            [embeddings, viewB],
            [0],
          );
        },
      ),
      { numRuns: 120 },
    );
  });
});

test('H-SCL is finite too', async () => {
  await fc.assert(
    fc.asyncProperty(
      arbitraryBatch(extremeEntries),
      temperatures,
      hardnesses,
      async ({ embeddings, labels }, temperature, hardness) => {
        const options = { temperature, hardness, detachWeights: false, blockSize: 3 };
        await expectFinite(([z], y) => hSclOf(z!, y, options), [embeddings], labels);
      },
    ),
    { numRuns: 80 },
  );
});

// TensorFlow.js' cpu back end computes in float64 inside an operator. A native engine overflows where float32 does.
test('and so on the native engine', async () => {
  const onnx = evaluateOn(await getEngine('onnx').start({ threads: 1 }));
  await fc.assert(
    fc.asyncProperty(
      arbitraryBatch(extremeEntries),
      fc.constantFrom(0.01, 0.5),
      fc.constantFrom('in' as const, 'out' as const),
      async ({ logits, embeddings, labels }, temperature, form) => {
        const options = { temperature, form, labelSmoothing: 0.1, blockSize: 4 };
        await expectFinite(
          ([x, z], y) => clce({ logits: x!, embeddings: z!, labels: y }, options),
          [logits, embeddings],
          labels,
          onnx,
        );
        const viewB = embeddings.map((row) => [...row].reverse());
        await expectFinite(([a, b]) => hcl(a!, b!, { temperature }), [embeddings, viewB], [0], onnx);
        const hScl = { temperature, hardness: 1, detachWeights: false, blockSize: 4 };
        await expectFinite(([z], y) => hSclOf(z!, y, hScl), [embeddings], labels, onnx);
      },
    ),
    { numRuns: 20 },
  );
});

async function expectFinite(
  loss: (inputs: Tensor2D[], labels: Tensor1D) => Scalar,
  inputs: number[][][],
  labels: number[],
  evaluate: EvaluateLoss = evaluateOnCpu,
): Promise<void> {
  const { value, gradients } = await evaluate(loss, inputs, labels);
  expect([value, ...gradients.flat(2)].filter((x) => !Number.isFinite(x))).toEqual([]);
}
