import { eagerEngine, float32, type HostTensors, specsOf, type Tensor2D } from '@clce/engine';
import { expect, it } from 'vitest';
import { initialiseProjection, PROJECTION_SIZE, projectionHead, projectionHeads } from './projection-head.ts';

const FEATURES = 6;
const draw = (_name: string, count: number) =>
  Float32Array.from({ length: count }, (_, k) => Math.sin(k + 1));

it.each(projectionHeads)('%s: the layers written out', async (kind) => {
  const weights: HostTensors = initialiseProjection(kind, FEATURES, draw);
  const input = float32(
    [2, FEATURES],
    Array.from({ length: 12 }, (_, k) => Math.cos(k)),
  );
  const engine = eagerEngine();
  const signature = { state: specsOf(weights), inputs: specsOf({ input }) };
  const step = await engine.compile(
    ({ state, inputs }) => ({
      outputs: { projected: projectionHead(kind, state, inputs['input'] as Tensor2D) },
    }),
    signature,
  );
  const state = engine.createState(weights);
  const { projected } = await step.run(state, { input });
  expect(projected!.shape).toEqual([2, PROJECTION_SIZE]);

  const layer = (name: string, x: readonly number[]) => {
    const { shape, data } = weights[`projection.${name}.weight`]!;
    return Array.from({ length: shape[1]! }, (_, out) =>
      x.reduce((sum, value, k) => sum + value * data[k * shape[1]! + out]!, 0),
    );
  };
  for (const row of [0, 1]) {
    const x = [...input.data.subarray(row * FEATURES, (row + 1) * FEATURES)];
    const hidden = kind === 'mlp' ? layer('fc1', x).map((value) => Math.max(0, value)) : x;
    layer('fc2', hidden).forEach((value, out) => {
      expect(projected!.data[row * PROJECTION_SIZE + out]).toBeCloseTo(value, 5);
    });
  }
  state.dispose();
  await step.dispose();
});
