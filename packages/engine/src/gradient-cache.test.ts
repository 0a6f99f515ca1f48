import { describe, expect, it } from 'vitest';
import type { ForwardResult, GradientCacheOptions } from './gradient-cache.ts';
import {
  batchNormTraining,
  compileGradientCache,
  constantRate,
  drawMasks,
  type Engine,
  eagerEngine,
  float32,
  gradientCacheState,
  type HostTensors,
  masked,
  onnxEngine,
  optimizerInputs,
  optimizerState,
  type Scalar,
  sgd,
  specsOf,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensors,
  tf,
  trainingStep,
  updatedStatistics,
} from './index.ts';

const BATCH = 10;
const wave = (count: number, phase: number) =>
  Float32Array.from({ length: count }, (_, k) => Math.sin(1.7 * k + phase));
const parameters: HostTensors = {
  'hidden.weight': float32([5, 6], wave(30, 0)),
  'norm.weight': float32([6], wave(6, 1)),
  'norm.bias': float32([6], wave(6, 2)),
  'head.weight': float32([6, 3], wave(18, 3)),
};
const names = Object.keys(parameters);
const statistics: HostTensors = { mean: float32([6]), variance: float32([6], new Float32Array(6).fill(1)) };
const optimizer = sgd({ schedule: constantRate(0.1) });
const trained = { ...parameters, ...statistics, ...optimizerState(optimizer, parameters) };
const sharpness: HostTensors = { sharpness: float32([], [2]) };

const batchAt = (step: number): HostTensors => ({
  x: float32([BATCH, 5], wave(BATCH * 5, step)),
  mask: drawMasks({ mask: { shape: [BATCH, 6], keep: 0.7 } }, { seed: 1, step })['mask']!,
  ...sharpness,
  ...optimizerInputs(optimizer, step),
});

/** A layer, dropout, a layer, with or without batch norm between. */
const forwardWith =
  (norm: boolean) =>
  (state: Tensors, { x, mask }: Tensors): ForwardResult => {
    const hidden = tf.matMul(x as Tensor2D, state['hidden.weight'] as Tensor2D);
    const [gamma, beta] = [state['norm.weight'] as Tensor1D, state['norm.bias'] as Tensor1D];
    const normed = norm
      ? batchNormTraining(hidden, { gamma, beta, epsilon: 1e-5 })
      : tf.add<Tensor2D>(tf.mul(hidden, gamma), beta);
    const embeddings = masked(tf.tanh(normed), mask);
    const running = { mean: state['mean'] as Tensor1D, variance: state['variance'] as Tensor1D };
    return {
      outputs: { embeddings, logits: tf.matMul(embeddings, state['head.weight'] as Tensor2D) },
      ...(norm && { state: { ...updatedStatistics(running, hidden, 0.1) } }),
    };
  };

/** Every sample compared with every other: no sum over small batches gives this. */
function pairwise({ embeddings, logits }: Tensors, { sharpness: factor }: Tensors) {
  const e = embeddings as Tensor2D;
  const similarities = tf.mul(tf.matMul(e, e, false, true), factor!);
  const loss = tf.add<Scalar>(tf.mean(tf.logSumExp(similarities, 1)), tf.mean(tf.square(logits!)));
  return { loss, metrics: { largest: tf.max(similarities) } };
}

const options = (norm: boolean, microBatch: number): GradientCacheOptions => ({
  parameters: names,
  optimizer,
  clipNorm: 5,
  microBatch,
  samples: ['x', 'mask'],
  forward: forwardWith(norm),
  loss: pairwise,
});

async function train(engine: Engine, microBatch: number, norm = false) {
  const initial = { ...trained, ...gradientCacheState(parameters) };
  const compiled = await compileGradientCache(engine, options(norm, microBatch), {
    state: specsOf(initial),
    inputs: specsOf(batchAt(0)),
  });
  const state = engine.createState(initial);
  const outputs: HostTensors[] = [];
  for (let step = 0; step < 3; step++) outputs.push(await compiled.run(state, batchAt(step)));
  const end = await state.read(Object.keys(trained));
  state.dispose();
  await compiled.dispose();
  return { outputs, end };
}

/** The oracle: one plain step over the whole batch; the model sees it in parts of so many samples. */
async function trainPlainly(parts: readonly number[], norm = false) {
  const engine = eagerEngine();
  const step = trainingStep({
    parameters: names,
    optimizer,
    clipNorm: 5,
    loss(state, inputs) {
      const found: Tensors[] = [];
      let running = state;
      let start = 0;
      for (const size of parts) {
        const rows = (t: Tensor) => tf.slice(t, start, size);
        const result = forwardWith(norm)(running, { x: rows(inputs['x']!), mask: rows(inputs['mask']!) });
        running = { ...running, ...result.state };
        found.push(result.outputs);
        start += size;
      }
      const whole = (name: string) => tf.concat(found.map((outputs) => outputs[name]!));
      const updated = { mean: running['mean']!, variance: running['variance']! };
      const outputs = { embeddings: whole('embeddings'), logits: whole('logits') };
      return { ...pairwise(outputs, inputs), ...(norm && { state: updated }) };
    },
  });
  const compiled = await engine.compile(step, { state: specsOf(trained), inputs: specsOf(batchAt(0)) });
  const state = engine.createState(trained);
  const outputs: HostTensors[] = [];
  for (let index = 0; index < 3; index++) outputs.push(await compiled.run(state, batchAt(index)));
  const end = await state.read();
  state.dispose();
  return { outputs, end };
}

describe.each([eagerEngine(), onnxEngine({ threads: 1 })])(
  'gradient caching on the $name engine',
  (engine) => {
    it.each([1, 4, 5, 10, 64])(
      'micro-batches of %i: three steps equal those of the whole batch',
      async (size) => {
        expectSame(await train(engine, size), await trainPlainly([BATCH]));
      },
    );

    it('batch norm sees micro-batches of nearly equal size, and its running statistics take one step for each', async () => {
      const cached = await train(engine, 4, true);
      expectSame(cached, await trainPlainly([3, 3, 4], true));
      const whole = await trainPlainly([BATCH], true);
      expect(cached.end['mean']!.data[0]).not.toBeCloseTo(whole.end['mean']!.data[0]!, 3);
    });

    it('the same seed gives the same bytes', async () => {
      expect(await train(engine, 4)).toEqual(await train(engine, 4));
    });
  },
);

describe('a mistake is one line that says what to do', () => {
  const state = specsOf({ ...trained, ...gradientCacheState(parameters) });
  const inputs = specsOf(batchAt(0));
  const good = options(false, 4);
  it.each<[string, GradientCacheOptions, typeof inputs, RegExp]>([
    ['no micro-batch', { ...good, microBatch: 0 }, inputs, /microBatch is a whole number from 1, not 0/],
    ['half a sample', { ...good, microBatch: 2.5 }, inputs, /whole number from 1, not 2.5/],
    [
      'an unknown sample',
      { ...good, samples: ['x', 'y'] },
      inputs,
      /input 'y' does not have one row for each of 10 samples/,
    ],
    ['no samples', { ...good, samples: [] }, inputs, /there is at least one/],
    [
      'samples that differ in number',
      good,
      { ...inputs, mask: { shape: [9, 6], dtype: 'float32' } },
      /input 'mask' does not have one row for each of 10 samples/,
    ],
  ])('%s', async (_, wrong, specs, message) => {
    await expect(compileGradientCache(eagerEngine(), wrong, { state, inputs: specs })).rejects.toThrow(
      message,
    );
  });

  it('a state without entries for the sums', async () => {
    const signature = { state: specsOf(trained), inputs };
    await expect(compileGradientCache(eagerEngine(), good, signature)).rejects.toThrow(
      /add gradientCacheState/,
    );
  });

  it('an output without one row per sample', async () => {
    const wrong: GradientCacheOptions = {
      ...good,
      forward: (weights, samples) => ({
        outputs: { mean: tf.mean(forwardWith(false)(weights, samples).outputs['logits']!) },
      }),
    };
    const engine = eagerEngine();
    const compiled = await compileGradientCache(engine, wrong, { state, inputs });
    const held = engine.createState({ ...trained, ...gradientCacheState(parameters) });
    await expect(compiled.run(held, batchAt(0))).rejects.toThrow(
      /output 'mean' is float32 \[\]: expected float32 with one row per sample/,
    );
    held.dispose();
  });
});

type Trained = Awaited<ReturnType<typeof trainPlainly>>;

function expectSame(actual: Trained, expected: Trained): void {
  for (const [step, outputs] of expected.outputs.entries()) expectClose(actual.outputs[step]!, outputs);
  expectClose(actual.end, expected.end);
}

function expectClose(actual: HostTensors, expected: HostTensors): void {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, { data }] of Object.entries(expected)) {
    const error = Math.max(...data.map((value, k) => Math.abs(value - actual[name]!.data[k]!)));
    expect(error, name).toBeLessThan(1e-5);
  }
}
