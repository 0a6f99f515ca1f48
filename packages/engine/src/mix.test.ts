import { describe, expect, it } from 'vitest';
import { float32, int32, specsOf } from './host-tensor.ts';
import {
  constantRate,
  eagerEngine,
  mixedImages,
  mixedLoss,
  onnxEngine,
  optimizerInputs,
  optimizerState,
  type Scalar,
  sgd,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
  tf,
  trainingStep,
} from './index.ts';

// Oracle (PyTorch 1.13, float64), for m = full((2, 2), 0.3) and m = tensor([[0., 1.], [1., 1.]]):
//   x = arange(12).reshape(3, 2, 2, 1) / 10; y = one_hot([2, 0, 1]); lam = m.mean(); w = m[None, :, :, None]
//   mixed = x * w + x.flip(0) * (1 - w); target = y * lam + y.flip(0) * (1 - lam)
//   loss = cross_entropy(mixed.reshape(3, 4) @ W, target); loss.backward()
const W = [0.3, -0.2, 0.5, 0.1, 0.4, -0.6, -0.7, 0.2, 0.1, 0.25, -0.35, 0.45];
const CASES = [
  {
    name: 'mixup',
    weight: [0.3, 0.3, 0.3, 0.3],
    mixed: [0.56, 0.66, 0.76, 0.86, 0.4, 0.5, 0.6, 0.7, 0.24, 0.34, 0.44, 0.54],
    loss: 1.119312667,
    gradient: [
      -0.019910256, -0.032533907, 0.052444163, -0.024602059, -0.035158603, 0.059760662, -0.029293862,
      -0.037783299, 0.067077161, -0.033985665, -0.040407995, 0.074393661,
    ],
  },
  {
    name: 'CutMix',
    weight: [0, 1, 1, 1],
    mixed: [0.8, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0, 0.9, 1, 1.1],
    loss: 1.056033991,
    gradient: [
      -0.00783356, 0.034599191, -0.026765631, -0.035594626, -0.053992477, 0.089587103, -0.04041998,
      -0.056147286, 0.096567267, -0.045245334, -0.058302096, 0.10354743,
    ],
  },
] as const;

describe.each([eagerEngine(), onnxEngine({ threads: 1 })])('on the $name engine', (engine) => {
  it.each(CASES)('$name equals soft targets in PyTorch: images, loss, gradient', async (expected) => {
    const optimizer = sgd({ schedule: constantRate(1), momentum: 0 });
    const parameters = { w: float32([4, 3], W) };
    const initial = { ...parameters, ...optimizerState(optimizer, parameters) };
    const inputs = {
      images: float32(
        [3, 2, 2, 1],
        Array.from({ length: 12 }, (_, k) => k / 10),
      ),
      labels: int32([3], [2, 0, 1]),
      weight: float32([2, 2], expected.weight),
      ...optimizerInputs(optimizer, 0),
    };
    const step = trainingStep({
      parameters: ['w'],
      optimizer,
      loss({ w }, fed) {
        const weight = fed['weight'] as Tensor2D;
        const mixed = mixedImages(fed['images'] as Tensor4D, weight);
        const logProbabilities = tf.logSoftmax(tf.matMul(tf.reshape(mixed, [3, 4]), w as Tensor2D));
        const crossEntropy = (labels: Tensor1D) =>
          tf.neg<Scalar>(tf.mean(tf.sum(tf.mul(tf.oneHot(labels, 3), logProbabilities), 1)));
        return {
          loss: mixedLoss(fed['labels'] as Tensor1D, weight, crossEntropy),
          metrics: { mixed },
        };
      },
    });
    const compiled = await engine.compile(step, { state: specsOf(initial), inputs: specsOf(inputs) });
    const state = engine.createState(initial);
    const { loss, mixed } = await compiled.run(state, inputs);
    const { w } = await state.read(['w']);
    expect(loss!.data[0]).toBeCloseTo(expected.loss, 6);
    for (const [k, value] of expected.mixed.entries()) expect(mixed!.data[k]).toBeCloseTo(value, 6);
    // At rate 1 without momentum the parameter moves by its gradient.
    for (const [k, value] of expected.gradient.entries()) expect(W[k]! - w!.data[k]!).toBeCloseTo(value, 6);
    state.dispose();
    await compiled.dispose();
  });
});
