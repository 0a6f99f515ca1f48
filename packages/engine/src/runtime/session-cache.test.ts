import * as ort from 'onnxruntime-node';
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { float32 } from '../host-tensor.ts';
import type { CompiledStep } from '../step.ts';
import { tf } from '../tf.ts';
import { onnxEngine } from './onnx-engine.ts';

const compile = (factor: number, { threads = 1, length = 3 } = {}) =>
  onnxEngine({ threads }).compile(({ inputs }) => ({ outputs: { y: tf.mul(inputs['x']!, factor) } }), {
    state: {},
    inputs: { x: { shape: [length], dtype: 'float32' } },
  });
const times = async (step: CompiledStep) => {
  const state = onnxEngine({ threads: 1 }).createState({});
  return Array.from((await step.run(state, { x: float32([3], [1, 2, 3]) }))['y']!.data);
};

describe('sessions of one process', () => {
  let create: MockInstance<typeof ort.InferenceSession.create>;
  let released: number;

  beforeEach(() => {
    released = 0;
    const make = ort.InferenceSession.create.bind(ort.InferenceSession);
    create = vi.spyOn(ort.InferenceSession, 'create').mockImplementation(async (...given) => {
      const session = await make(...(given as Parameters<typeof make>));
      const release = session.release.bind(session);
      session.release = async () => {
        released++;
        await release();
      };
      return session;
    });
  });
  afterEach(() => {
    create.mockRestore();
  });

  it('are made once per graph, even if it is compiled again later', async () => {
    const [first, second] = await Promise.all([compile(2), compile(2)]);
    const third = await compile(2);
    await first.dispose();
    await third.dispose();
    expect(await times(second)).toEqual([2, 4, 6]);
    await second.dispose();
    const fourth = await compile(2);
    expect(await times(fourth)).toEqual([2, 4, 6]);
    expect([create.mock.calls.length, released]).toEqual([1, 0]);
    await fourth.dispose();
  });

  it('differ for another graph, another batch, other options', async () => {
    const made = [
      await compile(3),
      await compile(4),
      await compile(3, { length: 2 }),
      await compile(3, { threads: 2 }),
    ];
    expect(create).toHaveBeenCalledTimes(4);
    expect(await times(made[0]!)).toEqual([3, 6, 9]);
    expect(await times(made[1]!)).toEqual([4, 8, 12]);
    for (const step of made) await step.dispose();
  });

  it('are released when they have no user and another graph is compiled; sessions in use stay', async () => {
    const [kept, left] = [await compile(5), await compile(6)];
    released = 0;
    await left.dispose();
    expect(released).toBe(0);
    const next = await compile(7);
    expect(released).toBe(1);
    expect(await times(kept)).toEqual([5, 10, 15]);
    await kept.dispose();
    // Disposing twice gives back one use.
    await kept.dispose();
    await expect(times(kept)).rejects.toThrow(/has been disposed/);
    await next.dispose();
  });

  it('that failed are made again at the next compilation', async () => {
    create.mockRejectedValueOnce(new Error('out of memory'));
    await expect(compile(8)).rejects.toThrow('out of memory');
    const step = await compile(8);
    expect(await times(step)).toEqual([8, 16, 24]);
    await step.dispose();
  });
});
