import { describe, expect, it } from 'vitest';
import { float32, specsOf } from '../host-tensor.ts';
import { eagerEngine } from '../runtime/eager-engine.ts';
import { onnxEngine } from '../runtime/onnx-engine.ts';
import { type Tensor, type Tensor1D, tf } from '../tf.ts';
import { gelu } from './gelu.ts';
import { layerNorm } from './layer-norm.ts';

const composite = (x: Tensor, gamma: Tensor, beta: Tensor) => {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const variance = tf.mean(tf.square(centred), -1, true);
  return tf.add(tf.mul(tf.div(centred, tf.sqrt(tf.add(variance, 1e-5))), gamma), beta);
};

const wave = (shape: number[], salt: number) =>
  float32(
    shape,
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, k) => Math.sin(k * 1.7 + salt) * 3),
  );

const inputs = {
  x: wave([2, 3, 5], 0),
  gamma: wave([5], 1),
  beta: wave([5], 2),
  weights: wave([2, 3, 5], 3),
};

describe.each([eagerEngine(), onnxEngine()])('layer norm on engine $name', (engine) => {
  it('has the value and the gradients of the formula', async () => {
    const own = (x: Tensor, g: Tensor, b: Tensor) =>
      layerNorm(x, { gamma: g as Tensor1D, beta: b as Tensor1D, epsilon: 1e-5 });
    const step = await engine.compile(
      ({ inputs: { x, gamma, beta, weights } }) => {
        const gradients = (f: typeof composite) =>
          tf.grads((...tensors) => tf.sum(tf.mul(f(...(tensors as [Tensor, Tensor, Tensor])), weights!)))([
            x!,
            gamma!,
            beta!,
          ]);
        const pairs = [own, composite].map((f) => [f(x!, gamma!, beta!), ...gradients(f)]);
        return {
          outputs: Object.fromEntries(
            ['value', 'dx', 'dγ', 'dβ'].map((name, k) => [
              name,
              tf.max(tf.abs(tf.sub(pairs[0]![k]!, pairs[1]![k]!))),
            ]),
          ),
        };
      },
      { state: {}, inputs: specsOf(inputs) },
    );
    const differences = await step.run(engine.createState({}), inputs);
    for (const [name, { data }] of Object.entries(differences)) expect(data[0], name).toBeLessThan(3e-5);
    await step.dispose();
  });
});

// torch.nn.functional.gelu(x) and its autograd gradient in float64 (PyTorch 1.13).
describe('gelu', () => {
  it('equals PyTorch’s, and so does its gradient', () => {
    const at = tf.tensor1d([-3, -0.5, 0, 0.5, 2]);
    const values = [-0.004049694, -0.154268769, 0, 0.345731231, 1.954499736];
    const slopes = [-0.011945647, 0.132504875, 0.5, 0.867495125, 1.085231801];
    for (const [k, value] of gelu(at).dataSync().entries()) expect(value).toBeCloseTo(values[k]!, 6);
    const slope = tf.grad((x) => tf.sum(gelu(x)))(at);
    for (const [k, value] of slope.dataSync().entries()) expect(value).toBeCloseTo(slopes[k]!, 6);
  });
});
