/** For tests: training steps on one engine, or compared between two engines. */
import {
  type Engine,
  eagerEngine,
  float32,
  type HostTensors,
  int32,
  type Optimizer,
  onnxEngine,
  optimizerInputs,
  optimizerState,
  specsOf,
  type Tensor1D,
  type Tensor4D,
  tf,
  trainingStep,
} from '@clce/engine';
import { expect } from 'vitest';
import type { Backbone } from '../backbone.ts';
import { initialiseLinearHead, linearHead } from '../layers/linear-head.ts';

export interface Model {
  readonly backbone: Backbone;
  readonly imageSize: number;
  readonly batch: number;
}

/** Expects equal steps on the native engine and TensorFlow.js's cpu back end, with the tightest tolerance at the first. */
export async function expectParity(model: Model, optimizer: Optimizer, steps: number): Promise<void> {
  const native = await train(onnxEngine(), model, optimizer, steps);
  const eager = await train(eagerEngine(), model, optimizer, steps);
  for (let k = 0; k < steps; k++) {
    const tolerance = k === 0 ? 1e-5 : 1e-3;
    expect(relative(native.losses[k]!, eager.losses[k]!), `loss of step ${k}`).toBeLessThan(tolerance);
    expect(relative(native.norms[k]!, eager.norms[k]!), `gradient norm of step ${k}`).toBeLessThan(tolerance);
  }
  expect(Object.keys(native.state)).toEqual(Object.keys(eager.state));
}

export async function train(
  engine: Engine,
  model: Model,
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

/** Repeatable normal numbers from a simple generator: its quality is sufficient here. */
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

const relative = (a: number, b: number) => Math.abs(a - b) / Math.abs(b);
