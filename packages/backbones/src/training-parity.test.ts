import { createHash } from 'node:crypto';
import {
  adamW,
  constantRate,
  type Engine,
  eagerEngine,
  float32,
  type HostTensor,
  type HostTensors,
  int32,
  type Optimizer,
  onnxEngine,
  optimizerInputs,
  optimizerState,
  sgd,
  specsOf,
  type Tensor1D,
  type Tensor4D,
  tf,
  trainingStep,
} from '@clce/engine';
import { describe, expect, it } from 'vitest';
import type { Backbone } from './backbone.ts';
import { buildConv4, conv4 } from './conv4.ts';
import { initialiseLinearHead, linearHead } from './linear-head.ts';
import { buildResNet12 } from './resnet12.ts';

/** Small, repeatable and far from symmetric; the quality of the randomness does not matter here. */
function pseudoNormal(seed: number): (count: number) => Float32Array {
  let state = seed;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  return (count) =>
    Float32Array.from(
      { length: count },
      () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()),
    );
}

const CLASSES = 5;

async function train(
  engine: Engine,
  model: { backbone: Backbone; imageSize: number; batch: number },
  optimizer: Optimizer,
  steps: number,
): Promise<{ losses: number[]; norms: number[]; state: HostTensors }> {
  const { backbone } = model;
  const normal = pseudoNormal(1);
  const { parameters, statistics } = backbone.initialise(model.imageSize, (_, count) => normal(count));
  const head = initialiseLinearHead(backbone.featureSize(model.imageSize), CLASSES, (_, count) =>
    normal(count),
  );
  const trained = { ...parameters, ...head };
  const initial = { ...trained, ...statistics, ...optimizerState(optimizer, trained) };
  const step = trainingStep({
    parameters: Object.keys(trained),
    optimizer,
    loss(state, inputs) {
      const { features, statistics: updated } = backbone.forward(
        state,
        inputs['images'] as Tensor4D,
        'training',
      );
      const labels = tf.oneHot(inputs['labels'] as Tensor1D, CLASSES);
      const logProbabilities = tf.logSoftmax(linearHead(state, features));
      return { loss: tf.neg(tf.mean(tf.sum(tf.mul(labels, logProbabilities), 1))), state: updated };
    },
  });
  const batch = (k: number): HostTensors => ({
    images: float32(
      [model.batch, model.imageSize, model.imageSize, 3],
      pseudoNormal(100 + k)(model.batch * model.imageSize ** 2 * 3),
    ),
    labels: int32(
      [model.batch],
      Array.from({ length: model.batch }, (_, i) => (i * 7 + k) % CLASSES),
    ),
    ...optimizerInputs(optimizer, k),
  });
  const compiled = await engine.compile(step, { state: specsOf(initial), inputs: specsOf(batch(0)) });
  const state = engine.createState(initial);
  const losses: number[] = [];
  const norms: number[] = [];
  for (let k = 0; k < steps; k++) {
    const { loss, gradientNorm } = await compiled.run(state, batch(k));
    losses.push(loss!.data[0]!);
    norms.push(gradientNorm!.data[0]!);
  }
  const final = await state.read();
  state.dispose();
  await compiled.dispose();
  return { losses, norms, state: final };
}

/** As bytes: a comparison of numbers one by one takes longer than the training. */
function digests(tensors: HostTensors): Record<string, string> {
  const digest = ({ data }: HostTensor) =>
    createHash('sha256')
      .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
      .digest('hex');
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, digest(tensor)]));
}

const relative = (a: number, b: number) => Math.abs(a - b) / Math.abs(b);

// The eager back end needs minutes at full width; the architecture is the same.
const narrowConv4 = buildConv4({ name: 'conv4', description: '', channels: 8 });
const narrowResNet12 = buildResNet12({ name: 'resnet12', description: '', widths: [4, 6, 8, 10] });

describe.each([
  { backbone: narrowConv4, imageSize: 16, batch: 8 },
  { backbone: narrowResNet12, imageSize: 18, batch: 5 },
])(
  'ten steps of $backbone.name on the native engine equal those on the TensorFlow.js cpu back end',
  (model) => {
    it.each([
      sgd({ schedule: constantRate(0.01), weightDecay: 5e-4 }),
      adamW({ schedule: constantRate(1e-3), weightDecay: 0.05 }),
    ])('$name', async (optimizer) => {
      const native = await train(onnxEngine(), model, optimizer, 10);
      const eager = await train(eagerEngine(), model, optimizer, 10);
      expect(relative(native.losses[0]!, eager.losses[0]!)).toBeLessThan(1e-5);
      expect(relative(native.norms[0]!, eager.norms[0]!)).toBeLessThan(1e-5);
      for (let k = 1; k < 10; k++) {
        expect(relative(native.losses[k]!, eager.losses[k]!), `loss of step ${k}`).toBeLessThan(1e-3);
        expect(relative(native.norms[k]!, eager.norms[k]!), `gradient norm of step ${k}`).toBeLessThan(1e-3);
      }
      expect(Object.keys(native.state)).toEqual(Object.keys(eager.state));
    });
  },
);

it('one step of Conv-4-64 at full width equals the eager one', async () => {
  const model = { backbone: conv4, imageSize: 16, batch: 3 };
  const native = await train(onnxEngine(), model, sgd({ schedule: constantRate(0.01) }), 1);
  const eager = await train(eagerEngine(), model, sgd({ schedule: constantRate(0.01) }), 1);
  expect(relative(native.losses[0]!, eager.losses[0]!)).toBeLessThan(1e-5);
  expect(relative(native.norms[0]!, eager.norms[0]!)).toBeLessThan(1e-5);
});

it('training twice gives the same bytes, with one thread and with two', async () => {
  const model = { backbone: conv4, imageSize: 32, batch: 32 };
  const optimizer = adamW({ schedule: constantRate(1e-3) });
  const first = await train(onnxEngine({ threads: 2 }), model, optimizer, 10);
  const second = await train(onnxEngine({ threads: 2 }), model, optimizer, 10);
  const single = await train(onnxEngine({ threads: 1 }), model, optimizer, 10);
  expect(digests(second.state)).toEqual(digests(first.state));
  expect(digests(single.state)).toEqual(digests(first.state));
});
