import {
  eagerEngine,
  float32,
  type HostTensors,
  onnxEngine,
  specsOf,
  type Tensor4D,
  tf,
  valueAndGradients,
} from '@clce/engine';
import { describe, expect, it } from 'vitest';
import { buildMobileNetV2 } from './mobilenetv2.ts';

const images = float32(
  [2, 32, 32, 3],
  Float32Array.from({ length: 2 * 32 * 32 * 3 }, (_, k) => Math.sin(k * 1.3) + Math.cos(k * 0.017)),
);
const wave = (tensor: string, count: number) =>
  Float32Array.from({ length: count }, (_, k) => 1.4 * Math.sin(1 + k * 1.7 + tensor.length));

describe.each([
  { norms: 'folded', padding: 'tensorflow' },
  { norms: 'batch', padding: 'symmetric' },
] as const)('MobileNetV2 with $norms norms and $padding padding', (options) => {
  it('has the same features and gradients natively as in plain TensorFlow.js', async () => {
    const backbone = buildMobileNetV2({ name: 'mobilenetv2', description: '', ...options });
    const { parameters, statistics } = backbone.initialise(32, wave);
    const [native, eager] = [await run(onnxEngine()), await run(eagerEngine())];
    for (const [name, { data }] of Object.entries(eager)) {
      const values = Array.from(data);
      const largest = Math.max(...values.map(Math.abs), 1e-6);
      const worst = Math.max(...values.map((value, k) => Math.abs(value - native[name]!.data[k]!)));
      expect(worst / largest, name).toBeLessThan(1e-3);
    }
    expect(Math.max(...eager['features']!.data)).toBeGreaterThan(0);

    async function run(engine: ReturnType<typeof onnxEngine>): Promise<HostTensors> {
      const initial = { ...parameters, ...statistics };
      const step = await engine.compile(
        ({ state, inputs }) => {
          const { result, gradients } = valueAndGradients(
            (trained) => {
              const { features } = backbone.forward(
                { ...state, ...trained },
                inputs['images'] as Tensor4D,
                'evaluation',
              );
              return { loss: tf.mean(tf.square(features)), metrics: { features } };
            },
            { 'conv_stem.weight': state['conv_stem.weight']! },
          );
          return { outputs: { ...result.metrics, gradient: gradients['conv_stem.weight']! } };
        },
        { state: specsOf(initial), inputs: specsOf({ images }) },
      );
      const state = engine.createState(initial);
      const outputs = await step.run(state, { images });
      state.dispose();
      await step.dispose();
      return outputs;
    }
  });
});
