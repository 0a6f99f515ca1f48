import { expect, it } from 'vitest';
import { float32, int32, specsOf } from '../host-tensor.ts';
import { elementsAt } from '../ops/row-elements.ts';
import type { Step } from '../step.ts';
import { type Tensor1D, type Tensor2D, tf } from '../tf.ts';
import { onnxEngine } from './onnx-engine.ts';

const engine = onnxEngine({ threads: 1 });

it('is written in place: no run copies it', async () => {
  const initial = { weight: float32([4, 1024, 1024]) };
  const megabytes = () => process.memoryUsage().arrayBuffers / 2 ** 20;
  const step = await engine.compile(
    ({ state }) => ({ state: { weight: tf.add(state['weight']!, 1) }, outputs: {} }),
    { state: specsOf(initial), inputs: {} },
  );
  const state = engine.createState(initial);
  await step.run(state, {});
  const before = megabytes();
  for (let k = 0; k < 3; k++) {
    await step.run(state, {});
    expect(megabytes() - before).toBeLessThan(1);
  }
  const { weight } = await state.read();
  expect(weight!.data.every((value) => value === 4)).toBe(true);
  await step.dispose();
});

it('keeps its values after a failed run, which names the reason', async () => {
  const initial = { total: float32([1, 2], [1, 2]) };
  const column = (place: number) => ({ column: int32([1], [place]) });
  const add: Step = ({ state, inputs }) => {
    const [total, at] = [state['total'] as Tensor2D, inputs['column'] as Tensor1D];
    return { state: { total: tf.add(total, elementsAt(total, at)) }, outputs: { before: tf.neg(total) } };
  };
  const step = await engine.compile(add, { state: specsOf(initial), inputs: specsOf(column(0)) });
  const state = engine.createState(initial);
  await expect(step.run(state, column(7))).rejects.toThrow(/GatherElements.*Out of range/);
  expect(await state.read()).toEqual(initial);
  expect(await step.run(state, column(1))).toEqual({ before: float32([1, 2], [-1, -2]) });
  expect(await state.read()).toEqual({ total: float32([1, 2], [3, 4]) });
  await step.dispose();
});
