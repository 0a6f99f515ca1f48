/** Each test file runs in its own process, so a crash of the process fails only this file. */
import * as ort from 'onnxruntime-node';
import { describe, expect, it, vi } from 'vitest';
import { optimizerInputs } from '../apply-gradients.ts';
import { EngineError } from '../errors.ts';
import { float32, int32, specsOf } from '../host-tensor.ts';
import { adamW } from '../optim/adamw.ts';
import { constantRate } from '../optim/schedule.ts';
import type { Engine } from '../step.ts';
import { type Tensor2D, tf } from '../tf.ts';
import { optimizerState, trainingStep } from '../training-step.ts';
import { onnxEngine } from './onnx-engine.ts';

const SIDE = 256;
const wave = (count: number, phase: number) =>
  Float32Array.from({ length: count }, (_, k) => Math.sin(phase + 1.7 * k) / 16);
const weight = { weight: float32([SIDE, SIDE], wave(SIDE ** 2, 0)) };
const optimizer = adamW({ schedule: constantRate(1e-2) });
const initial = {
  ...weight,
  ...optimizerState(optimizer, weight),
  'not trained': float32([2], [3, 4]),
  counts: int32([2], [5, 6]),
};
const inputsAt = (step: number) => ({
  images: float32([8, SIDE], wave(8 * SIDE, 1)),
  ...optimizerInputs(optimizer, step),
});
const train = trainingStep({
  parameters: ['weight'],
  optimizer,
  loss: (state, { images }) => ({
    loss: tf.mean(
      tf.square(
        tf.sub(tf.matMul(images as Tensor2D, state['weight'] as Tensor2D), tf.sum(state['not trained']!)),
      ),
    ),
    state: { counts: tf.add(state['counts']!, state['counts']!) },
  }),
});
const signature = { state: specsOf(initial), inputs: specsOf(inputsAt(0)) };

const webgpu = onnxEngine({ provider: 'webgpu' });
const fault = await webgpu
  .compile(({ inputs }) => ({ outputs: { y: tf.neg(inputs['x']!) } }), {
    state: {},
    inputs: { x: { shape: [1], dtype: 'float32' } },
  })
  .then(
    (step) => step.dispose(),
    (error: EngineError) => error.message,
  );

async function losses(engine: Engine, count: number): Promise<number[]> {
  const [step, state] = [await engine.compile(train, signature), engine.createState(initial)];
  const found: number[] = [];
  for (let k = 0; k < count; k++) found.push((await step.run(state, inputsAt(k)))['loss']!.data[0]!);
  state.dispose();
  await step.dispose();
  return found;
}

describe.skipIf(fault !== undefined)(
  `state on the accelerator${fault === undefined ? '' : `: ${fault}`}`,
  () => {
    it('trains as state on the host does', async () => {
      const [there, here] = [await losses(webgpu, 10), await losses(onnxEngine(), 10)];
      for (const [k, loss] of there.entries()) expect(Math.abs(loss / here[k]! - 1)).toBeLessThan(1e-5);
      expect(there.at(-1)).toBeLessThan(there[0]!);
    });

    it('can be read before the first step, between steps and in part, and goes on after it', async () => {
      const [step, state] = [await webgpu.compile(train, signature), webgpu.createState(initial)];
      expect(await state.read()).toEqual(initial);
      await step.run(state, inputsAt(0));
      const read = await state.read();
      expect(read['counts']).toEqual(int32([2], [10, 12]));
      expect(read['not trained']).toEqual(initial['not trained']);
      expect(read['weight']).not.toEqual(initial['weight']);
      const second = (await step.run(state, inputsAt(1)))['loss']!.data[0];
      expect(await state.read(['counts'])).toEqual({ counts: int32([2], [20, 24]) });
      expect(await state.read([])).toEqual({});

      const copy = webgpu.createState(read);
      expect((await step.run(copy, inputsAt(1)))['loss']!.data[0]).toBe(second);
      for (const one of [state, copy]) one.dispose();
      await step.dispose();
    });

    it('outlives the step that wrote it: a buffer ends with its session, which stays as long as the state', async () => {
      const sum = await webgpu.compile((given) => ({ outputs: { sum: tf.sum(given.state['counts']!) } }), {
        state: signature.state,
        inputs: {},
      });
      const create = vi.spyOn(ort.InferenceSession, 'create');
      const [step, state] = [await webgpu.compile(train, signature), webgpu.createState(initial)];
      const release = vi.spyOn(
        await (create.mock.results[0]!.value as Promise<ort.InferenceSession>),
        'release',
      );
      create.mockRestore();
      await step.run(state, inputsAt(0));
      await step.dispose();
      expect((await sum.run(state, {}))['sum']!.data[0]).toBe(22);
      expect((await state.read(['counts']))['counts']!.data).toEqual(Int32Array.of(10, 12));
      expect(release).not.toHaveBeenCalled();
      state.dispose();
      const next = await webgpu.compile(({ inputs }) => ({ outputs: inputs }), {
        state: {},
        inputs: { x: { shape: [2], dtype: 'float32' } },
      });
      expect(release).toHaveBeenCalledTimes(1);
      for (const one of [sum, next]) await one.dispose();
    });

    it('stays on the device: without fallback, a step that needs the CPU does not compile', async () => {
      const strict = onnxEngine({ provider: 'webgpu', fallback: false });
      await (await strict.compile(train, signature)).dispose();
      await expect(
        strict.compile(({ inputs }) => ({ outputs: { y: tf.sign(inputs['x']!) } }), {
          state: {},
          inputs: { x: { shape: [2], dtype: 'float32' } },
        }),
      ).rejects.toThrow(/by webgpu here: .*CPU EP.*\. Allow the fallback, or use other ops\.$/);
    });

    it('is empty for a step without state', async () => {
      const step = await webgpu.compile(({ inputs }) => ({ outputs: { y: tf.neg(inputs['x']!) } }), {
        state: {},
        inputs: { x: { shape: [2], dtype: 'float32' } },
      });
      const state = webgpu.createState({});
      expect((await step.run(state, { x: float32([2], [1, 2]) }))['y']!.data).toEqual(
        Float32Array.of(-1, -2),
      );
      expect(await state.read()).toEqual({});
      state.dispose();
      await step.dispose();
    });

    it('serves one run at a time', async () => {
      const [step, state] = [await webgpu.compile(train, signature), webgpu.createState(initial)];
      const running = step.run(state, inputsAt(0));
      await expect(state.read()).rejects.toThrow(/in use by a run/);
      expect(() => state.dispose()).toThrow(EngineError);
      await running;
      state.dispose();
      await expect(step.run(state, inputsAt(1))).rejects.toThrow(/no entry/);
      await expect(step.run(onnxEngine().createState(initial), inputsAt(0))).rejects.toThrow(
        /another engine/,
      );
      await step.dispose();
    });

    it('takes no more memory after two hundred steps, or after twenty states, than after some', async () => {
      const megabytes = () => process.memoryUsage.rss() / 2 ** 20;
      await losses(webgpu, 50);
      const before = megabytes();
      // 0.8 MB of state a step and a state: 160 MB if a step left its own behind.
      await losses(webgpu, 200);
      expect(megabytes() - before).toBeLessThan(40);
      for (let k = 0; k < 20; k++) await losses(webgpu, 1);
      expect(megabytes() - before).toBeLessThan(40);
    });
  },
);
