import * as ort from 'onnxruntime-node';
import { expect, it } from 'vitest';
import { float32, type HostTensor, type HostTensors, int32, specsOf } from '../host-tensor.ts';
import { elementsAt, logSoftmax, withElementsAt } from '../ops/row-elements.ts';
import { onnxEngine } from '../runtime/onnx-engine.ts';
import { hostTensor, ortTensor } from '../runtime/ort-tensor.ts';
import type { Step } from '../step.ts';
import { type Tensor1D, type Tensor2D, tf } from '../tf.ts';
import { inputName, outputName, trace, updateName } from './trace.ts';

/** Cross-entropy with label smoothing: its value, and its gradient as it is, in a product and by a second name. */
const crossEntropy: Step = ({ inputs }) => {
  const { logits, labels, other } = inputs as { logits: Tensor2D; labels: Tensor1D; other: Tensor2D };
  const logProbabilities = logSoftmax(logits);
  const ofLabels = elementsAt(logProbabilities, labels);
  const smooth = tf.mul(tf.sum(logProbabilities), 0.01);
  const probabilities = tf.sub<Tensor2D>(tf.exp(logProbabilities), 0.01);
  const gradient = withElementsAt(probabilities, labels, tf.sub(tf.exp(ofLabels), 1));
  return {
    state: { gradient: tf.mul(gradient, 1 / logits.shape[0]) },
    outputs: {
      loss: tf.neg(tf.add(tf.sum(ofLabels), smooth)),
      product: tf.matMul(other, other, true),
      projected: tf.matMul(gradient, other, true),
      gradient,
      again: gradient,
    },
  };
};

function inputsOf(rows: number, columns: number): HostTensors {
  const wave = (count: number, step: number) =>
    Float32Array.from({ length: count }, (_, k) => 3 * Math.sin(k * step));
  return {
    logits: float32([rows, columns], wave(rows * columns, 1.7)),
    other: float32([rows, 8], wave(rows * 8, 0.3)),
    labels: int32(
      [rows],
      Array.from({ length: rows }, (_, row) => (row * 7) % columns),
    ),
  };
}

it('a large batch in blocks of rows gives the same bytes as the whole batch', async () => {
  const inputs = inputsOf(2048, 512);
  const state = { gradient: float32([2048, 512]) };
  const signature = { state: specsOf(state), inputs: specsOf(inputs) };
  expect(Object.fromEntries(trace(crossEntropy, signature, { rowBlocks: true }).writtenShapes)).toMatchObject(
    {
      [updateName('gradient')]: [8, 256, 512],
      [outputName('gradient')]: [8, 256, 512],
      [outputName('again')]: [2048, 512],
    },
  );

  const engine = onnxEngine({ threads: 2 });
  const step = await engine.compile(crossEntropy, signature);
  const held = engine.createState(state);
  const outputs = await step.run(held, inputs);
  const { gradient } = await held.read();
  await step.dispose();

  const session = await ort.InferenceSession.create(trace(crossEntropy, signature).bytes);
  const expected = await session.run(
    Object.fromEntries(Object.entries(inputs).map(([name, value]) => [inputName(name), ortTensor(value)])),
  );
  await session.release();
  expectSameBytes(gradient!, hostTensor(expected[updateName('gradient')] as ort.Tensor));
  for (const [name, value] of Object.entries(outputs)) {
    expectSameBytes(value, hostTensor(expected[outputName(name)] as ort.Tensor));
  }
});

it.each([
  ['a small batch', 64, 512],
  ['as many rows as no number divides', 4099, 512],
])('%s goes all at once', (_, rows, columns) => {
  const inputs = specsOf(inputsOf(rows, columns));
  const signature = { state: specsOf({ gradient: float32([rows, columns]) }), inputs };
  expect(trace(crossEntropy, signature, { rowBlocks: true }).bytes).toEqual(
    trace(crossEntropy, signature).bytes,
  );
});

it('takes single rows if a row is longer than a block, and does not cut a single row', () => {
  const writtenAs = (rows: number) => {
    const signature = { state: {}, inputs: { x: { shape: [rows, 2 ** 19], dtype: 'float32' as const } } };
    const step: Step = ({ inputs }) => ({ outputs: { y: tf.exp(logSoftmax(inputs['x'] as Tensor2D)) } });
    return trace(step, signature, { rowBlocks: true }).writtenShapes.get(outputName('y'));
  };
  expect(writtenAs(3)).toEqual([3, 1, 2 ** 19]);
  expect(writtenAs(1)).toEqual([1, 2 ** 19]);
});

it('ends before independent nodes on large arrays', () => {
  const step: Step = ({ inputs }) => {
    const [logits, other] = [inputs['logits'] as Tensor2D, inputs['other'] as Tensor2D];
    const logProbabilities = logSoftmax(logits);
    const product = tf.matMul(other, other, false, true);
    return { outputs: { y: tf.exp(logProbabilities), product } };
  };
  const signature = { state: {}, inputs: specsOf(inputsOf(2048, 512)) };
  expect(trace(step, signature, { rowBlocks: true }).writtenShapes.get(outputName('y'))).toEqual([2048, 512]);
});

/** As bytes: a comparison of a million numbers one by one takes seconds. */
function expectSameBytes(found: HostTensor, expected: HostTensor): void {
  expect(found.shape).toEqual(expected.shape);
  const [ours, theirs] = [found, expected].map(({ data }) =>
    Buffer.from(data.buffer, data.byteOffset, data.byteLength),
  );
  expect(Buffer.compare(ours!, theirs!)).toBe(0);
}
