/** Engines in one process: they agree, leave each other alone, and hold no more memory after a thousand steps than after some. */
import { describe, expect, it } from 'vitest';
import { optimizerInputs } from '../apply-gradients.ts';
import { float32, specsOf } from '../host-tensor.ts';
import { adamW } from '../optim/adamw.ts';
import { constantRate } from '../optim/schedule.ts';
import type { CompiledStep, Engine, State } from '../step.ts';
import { type Tensor2D, tf } from '../tf.ts';
import { optimizerState, trainingStep } from '../training-step.ts';
import { eagerEngine } from './eager-engine.ts';
import { onnxEngine } from './onnx-engine.ts';

const wave = (count: number, phase: number) =>
  Float32Array.from({ length: count }, (_, k) => Math.sin(phase + 1.7 * k));
const initial = { weight: float32([16, 16], wave(256, 0)) };
const images = float32([32, 16], wave(512, 1));
const optimizer = adamW({ schedule: constantRate(1e-2) });
const inputsAt = (step: number) => ({ images, ...optimizerInputs(optimizer, step) });
const step = trainingStep({
  parameters: ['weight'],
  optimizer,
  loss: ({ weight }, given) => ({
    loss: tf.mean(
      tf.square(tf.sub(tf.tanh(tf.matMul(given['images'] as Tensor2D, weight as Tensor2D)), 0.5)),
    ),
  }),
});

async function started(engine: Engine): Promise<{ compiled: CompiledStep; state: State }> {
  const all = { ...initial, ...optimizerState(optimizer, initial) };
  const signature = { state: specsOf(all), inputs: specsOf(inputsAt(0)) };
  return { compiled: await engine.compile(step, signature), state: engine.createState(all) };
}

const lossOf = async ({ compiled, state }: Awaited<ReturnType<typeof started>>, at: number) =>
  (await compiled.run(state, inputsAt(at)))['loss']!.data[0]!;

describe('engines in one process', () => {
  it('agree over ten alternating steps, and restore the back end', async () => {
    const before = tf.getBackend();
    const [native, eager] = [await started(onnxEngine({ threads: 1 })), await started(eagerEngine())];
    const losses: number[] = [];
    for (let at = 0; at < 10; at++) {
      const [ours, theirs] = [await lossOf(native, at), await lossOf(eager, at)];
      expect(Math.abs(ours / theirs - 1)).toBeLessThan(1e-5);
      losses.push(ours);
    }
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
    expect(tf.getBackend()).toBe(before);
    for (const { compiled, state } of [native, eager]) {
      state.dispose();
      await compiled.dispose();
    }
  });

  it('two engines of one kind train independently', async () => {
    const engine = onnxEngine({ threads: 1 });
    const [first, second] = [await started(engine), await started(engine)];
    const alone = [await lossOf(first, 0), await lossOf(first, 1), await lossOf(first, 2)];
    expect([await lossOf(second, 0), await lossOf(second, 1), await lossOf(second, 2)]).toEqual(alone);
    await Promise.all([first.compiled.dispose(), second.compiled.dispose()]);
  });

  it('memory is flat over a thousand steps', async () => {
    const running = await started(onnxEngine({ threads: 1 }));
    const tensors = tf.memory().numTensors;
    const megabytes = () => process.memoryUsage.rss() / 2 ** 20;
    let warm = 0;
    let most = 0;
    for (let at = 0; at < 1200; at++) {
      await running.compiled.run(running.state, inputsAt(at));
      if (at === 200) warm = megabytes();
      most = Math.max(most, megabytes());
    }
    // Small outputs wait for the collector; a copy of the state a step would be 3 MB in all, of a batch's products 40 MB.
    expect(most - warm).toBeLessThan(30);
    expect(tf.memory().numTensors).toBe(tensors);
    running.state.dispose();
    await running.compiled.dispose();
  });

  it.each([onnxEngine({ threads: 1 }), eagerEngine()])(
    'entries of the state may change places, and one may become two, on $name',
    async (engine) => {
      const values = { a: float32([2], [1, 2]), b: float32([2], [3, 4]), c: float32([2], [5, 6]) };
      const tensors = tf.memory().numTensors;
      const compiled = await engine.compile(
        ({ state: { a, b } }) => ({ state: { a: b!, b: a!, c: a! }, outputs: {} }),
        { state: specsOf(values), inputs: {} },
      );
      const state = engine.createState(values);
      for (let k = 0; k < 3; k++) await compiled.run(state, {});
      expect(await state.read()).toEqual({ a: values.b, b: values.a, c: values.a });
      state.dispose();
      await compiled.dispose();
      expect(tf.memory().numTensors).toBe(tensors);
    },
  );

  it('memory is flat over a hundred graphs', async () => {
    const engine = onnxEngine({ threads: 1 });
    const megabytes = () => process.memoryUsage.rss() / 2 ** 20;
    const x = float32([512, 512], wave(512 ** 2, 0));
    const state = engine.createState({});
    let warm = 0;
    for (let graph = 0; graph < 120; graph++) {
      const compiled = await engine.compile(
        ({ inputs }) => {
          const squared = tf.matMul(inputs['x'] as Tensor2D, inputs['x'] as Tensor2D);
          return { outputs: { y: tf.sum(tf.tanh(tf.mul(squared, graph + 1))) } };
        },
        { state: {}, inputs: specsOf({ x }) },
      );
      await compiled.run(state, { x });
      await compiled.dispose();
      if (graph === 20) warm = megabytes();
    }
    // 2 MB of activations a graph: 200 MB if they stayed.
    expect(megabytes() - warm).toBeLessThan(40);
  });

  it('new values of the state leave no garbage, whether or not the step reads the old values', async () => {
    const values = { read: float32([2 ** 20]), written: float32([2 ** 20]) };
    const engine = onnxEngine({ threads: 1 });
    const compiled = await engine.compile(
      ({ state: { read } }) => ({
        state: { read: tf.add(read!, 1), written: tf.mul(read!, 3) },
        outputs: { first: tf.slice(read!, [0], [1]) },
      }),
      { state: specsOf(values), inputs: {} },
    );
    const state = engine.createState(values);
    const megabytes = () => process.memoryUsage().arrayBuffers / 2 ** 20;
    await compiled.run(state, {});
    const after1 = megabytes();
    for (let k = 0; k < 9; k++) await compiled.run(state, {});
    expect(megabytes() - after1).toBeLessThan(1);
    const { read, written } = await state.read();
    expect([read!.data[0], read!.data.at(-1), written!.data[0], written!.data.at(-1)]).toEqual([
      10, 10, 27, 27,
    ]);
    state.dispose();
    await compiled.dispose();
  });

  it('a disposed step does not run', async () => {
    const { compiled, state } = await started(onnxEngine({ threads: 1 }));
    await compiled.dispose();
    await expect(compiled.run(state, inputsAt(0))).rejects.toThrow();
  });
});
