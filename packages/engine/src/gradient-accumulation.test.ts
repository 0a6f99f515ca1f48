/**
 * For a loss that is a mean over samples, gradient caching equals gradient accumulation. The oracle is the textbook loop:
 * it sums the micro-batches' gradients, weighted by their share of the batch, and updates once.
 */
import { expect, it } from 'vitest';
import { optimizerInputs } from './apply-gradients.ts';
import { compileGradientCache, gradientCacheState } from './gradient-cache.ts';
import { float32, int32, specsOf } from './host-tensor.ts';
import { constantRate } from './optim/schedule.ts';
import { sgd } from './optim/sgd.ts';
import { eagerEngine } from './runtime/eager-engine.ts';
import { onnxEngine } from './runtime/onnx-engine.ts';
import { type Tensor1D, type Tensor2D, tf } from './tf.ts';
import { optimizerState } from './training-step.ts';

const [BATCH, MICRO, DIM, CLASSES, RATE, STEPS] = [7, 3, 4, 3, 0.5, 3];
const wave = (count: number, phase: number) =>
  Array.from({ length: count }, (_, k) => Math.sin(phase + 1.7 * k));
const features = wave(BATCH * DIM, 1);
const labels = [0, 2, 1, 1, 0, 2, 2];
const first = wave(DIM * CLASSES, 0);

/** Softmax regression by accumulation, in float64: weights after three steps, and the loss and gradient's norm of each. */
function accumulated(): { weight: number[]; losses: number[]; norms: number[] } {
  let weight = [...first];
  const [losses, norms]: [number[], number[]] = [[], []];
  for (let step = 0; step < STEPS; step++) {
    const gradient = weight.map(() => 0);
    let loss = 0;
    for (let start = 0; start < BATCH; start += MICRO) {
      const size = Math.min(MICRO, BATCH - start);
      const share = size / BATCH;
      for (let row = start; row < start + size; row++) {
        const x = features.slice(row * DIM, (row + 1) * DIM);
        const logits = Array.from({ length: CLASSES }, (_, c) =>
          x.reduce((sum, value, d) => sum + value * weight[d * CLASSES + c]!, 0),
        );
        const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
        loss += (share / size) * (Math.log(total) - logits[labels[row]!]!);
        for (let c = 0; c < CLASSES; c++) {
          const error = Math.exp(logits[c]!) / total - (labels[row] === c ? 1 : 0);
          x.forEach((value, d) => {
            gradient[d * CLASSES + c]! += (share / size) * error * value;
          });
        }
      }
    }
    weight = weight.map((value, k) => value - RATE * gradient[k]!);
    losses.push(loss);
    norms.push(Math.hypot(...gradient));
  }
  return { weight, losses, norms };
}

it.each([onnxEngine({ threads: 1 }), eagerEngine()])(
  'a cached step of micro-batches, the last one short, is an accumulated one on $name',
  async (engine) => {
    const optimizer = sgd({ schedule: constantRate(RATE), momentum: 0 });
    const parameters = { weight: float32([DIM, CLASSES], first) };
    const initial = {
      ...parameters,
      ...optimizerState(optimizer, parameters),
      ...gradientCacheState(parameters),
    };
    const inputs = {
      features: float32([BATCH, DIM], features),
      labels: int32([BATCH], labels),
      ...optimizerInputs(optimizer, 0),
    };
    const step = await compileGradientCache(
      engine,
      {
        parameters: ['weight'],
        optimizer,
        microBatch: MICRO,
        samples: ['features'],
        forward: ({ weight }, given) => ({
          outputs: { logits: tf.matMul(given['features'] as Tensor2D, weight as Tensor2D) },
        }),
        loss: ({ logits }, given) => {
          const picked = tf.mul(tf.oneHot(given['labels'] as Tensor1D, CLASSES), tf.logSoftmax(logits!));
          return { loss: tf.neg(tf.div(tf.sum(picked), BATCH)) };
        },
      },
      { state: specsOf(initial), inputs: specsOf(inputs) },
    );
    const state = engine.createState(initial);
    const expected = accumulated();
    for (let k = 0; k < STEPS; k++) {
      const { loss, gradientNorm } = await step.run(state, inputs);
      expect(loss!.data[0]).toBeCloseTo(expected.losses[k]!, 5);
      expect(gradientNorm!.data[0]).toBeCloseTo(expected.norms[k]!, 5);
    }
    const { weight } = await state.read(['weight']);
    for (const [k, value] of expected.weight.entries()) expect(weight!.data[k]).toBeCloseTo(value, 5);
    state.dispose();
    await step.dispose();
  },
);
