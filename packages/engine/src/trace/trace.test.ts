import { describe, expect, it } from 'vitest';
import { float32, int32, type TensorSpec } from '../host-tensor.ts';
import { onnxEngine } from '../runtime/onnx-engine.ts';
import type { Step } from '../step.ts';
import { type Tensor, type Tensor4D, tf } from '../tf.ts';
import { constant } from './backend.ts';
import { trace } from './trace.ts';

const matrix: TensorSpec = { shape: [2, 3], dtype: 'float32' };
const traceOf = (step: (x: Tensor) => Tensor) =>
  trace(({ inputs }) => ({ outputs: { y: step(inputs['x']!) } }), { state: {}, inputs: { x: matrix } });

describe('a step that no static graph can express fails while it is recorded', () => {
  it('an op without a kernel: its name and what to do', () => {
    expect(() => traceOf((x) => tf.cumsum(x))).toThrow(/Cumsum has no kernel.*add a kernel|eager engine/);
  });

  it('a tensor that was made outside the step', () => {
    const outside = tf.tensor2d([[1, 2, 3]]);
    expect(() => traceOf((x) => tf.add(x, outside))).toThrow(
      /Add uses a tensor of shape \[1,3\] that was made outside/,
    );
  });

  it('reading a value', () => {
    expect(() => traceOf((x) => tf.mul(x, x.dataSync()[0]!))).toThrow(/reads a tensor’s value/);
  });

  it('a random mask, seeded or not', () => {
    expect(() => traceOf((x) => tf.mul(tf.tile(x, [20, 20]), tf.randomUniform([40, 60])))).toThrow(
      /constant of shape/,
    );
    expect(() => traceOf((x) => tf.dropout(x, 0.5, undefined, 7))).toThrow(/constant of shape/);
  });

  it('a matrix of many numbers, or a tensor given to constant: the message says what to write', () => {
    expect(() => traceOf((x) => tf.add(x, tf.eye(3).slice([0, 0], [2, 3])))).toThrow(
      'Where a constant is meant, make it with constant(float32([3,3], values)), which takes numbers and no tensor',
    );
    expect(() => traceOf((x) => tf.add(x, constant(float32([2, 3], [1, 0, 0, 0, 1, 0]))))).not.toThrow();
    expect(() => traceOf((x) => constant(tf.mul(x, 2) as never))).toThrow(
      'constant(…) takes numbers, such as float32([2,3], values), and was given a tensor of shape [2,3]',
    );
  });

  it('a state entry of another shape, or one that does not exist', () => {
    const signature = { state: { w: matrix }, inputs: {} };
    const grow: Step = ({ state }) => ({ state: { w: tf.concat([state['w']!, state['w']!]) }, outputs: {} });
    const invent: Step = ({ state }) => ({ state: { v: state['w']! }, outputs: {} });
    expect(() => trace(grow, signature)).toThrow(/'w' from float32 \[2,3\] into float32 \[4,3\]/);
    expect(() => trace(invent, signature)).toThrow(/'v' that the state does not have/);
  });

  it('and the message names the op, the shapes and the line of the step that used it', () => {
    const mistakes: [(x: Tensor) => Tensor, RegExp][] = [
      [(x) => tf.matMul(x, x), /MatMul.*2,3.*\(at .*trace\.test\.ts:\d+:\d+\)$/s],
      [(x) => tf.add(x, tf.ones([5])), /2,3.*5.*\(at .*trace\.test\.ts:\d+:\d+\)$/s],
      [(x) => tf.cumsum(x), /Cumsum.*\(at .*trace\.test\.ts:\d+:\d+\)$/s],
    ];
    for (const [step, message] of mistakes) expect(() => traceOf(step)).toThrow(message);
  });

  it('and the back end that was active before is active again', () => {
    expect(() => traceOf((x) => tf.cumsum(x))).toThrow();
    expect(tf.getBackend()).toBe('cpu');
    expect(tf.add(1, 2).dataSync()[0]).toBe(3);
  });
});

describe('the graph', () => {
  it('holds an expression once, however often it is written', () => {
    const once = traceOf((x) => tf.exp(tf.mul(x, x)));
    const twice = traceOf((x) => tf.maximum(tf.exp(tf.mul(x, x)), tf.exp(tf.mul(x, x))));
    expect(twice.nodeCount).toBe(once.nodeCount + 1);
  });

  it('omits nodes and inputs that no output needs', () => {
    const step: Step = ({ inputs: { x, unused } }) => {
      tf.exp(unused!);
      return { outputs: { y: tf.neg(x!) } };
    };
    const traced = trace(step, { state: {}, inputs: { x: matrix, unused: matrix } });
    expect(traced.nodeCount).toBe(1);
    expect(traced.usedInputs).toEqual(['input/x']);
  });

  it('drops operators that change nothing', () => {
    expect(
      traceOf((x) => tf.mul(tf.add(tf.transpose(tf.transpose(tf.neg(x))), 0), tf.ones([2, 3]))).nodeCount,
    ).toBe(1);
  });

  it('casts booleans to numbers for operators that the runtime lacks', () => {
    const gradient: Step = ({ inputs }) => ({
      outputs: { dx: tf.grad((x) => tf.maxPool(x as Tensor4D, 2, 2, 'valid'))(inputs['x']!) },
    });
    const signature = { state: {}, inputs: { x: { shape: [2, 4, 4, 3], dtype: 'float32' as const } } };
    const moved = (missing: readonly string[]) =>
      trace(gradient, signature, { missing })
        .nodes.filter(([{ op }, { dtype }]) => ['Slice', 'Concat'].includes(op) && dtype === 'bool')
        .map(([{ op }]) => op);
    expect(moved([])).toEqual(['Slice', 'Concat', 'Slice', 'Concat']);
    expect(moved(['Slice of bool', 'Concat of bool'])).toEqual([]);
  });

  it('is the same bytes when the step is traced again', () => {
    const step = (x: Tensor) => tf.softmax(tf.matMul(x, x, false, true));
    expect(traceOf(step).bytes).toEqual(traceOf(step).bytes);
  });

  it('accepts a large constant made with constant(…)', async () => {
    const values = float32(
      [100],
      Array.from({ length: 100 }, (_, k) => k),
    );
    const engine = onnxEngine({ threads: 1 });
    const step: Step = ({ inputs }) => ({ outputs: { y: tf.add(inputs['x']!, constant(values)) } });
    const compiled = await engine.compile(step, {
      state: {},
      inputs: { x: { shape: [1], dtype: 'float32' } },
    });
    const { y } = await compiled.run(engine.createState({}), { x: float32([1], [0.5]) });
    expect(y?.data[99]).toBe(99.5);
    await compiled.dispose();
  });
});

describe('a compiled step', () => {
  const engine = onnxEngine({ threads: 1 });
  const count: Step = ({ state, inputs }) => ({
    state: { total: tf.add(state['total']!, inputs['x']!) },
    outputs: { before: state['total']!, constant: tf.scalar(3) },
  });
  const signature = {
    state: { total: { shape: [], dtype: 'float32' as const } },
    inputs: { x: { shape: [], dtype: 'float32' as const } },
  };

  it('carries its state from run to run, and hands out copies', async () => {
    const compiled = await engine.compile(count, signature);
    const state = engine.createState({ total: float32([], [1]) });
    const first = await compiled.run(state, { x: float32([], [2]) });
    const kept = await state.read();
    const second = await compiled.run(state, { x: float32([], [4]) });
    expect([first['before']!.data[0], second['before']!.data[0], second['constant']!.data[0]]).toEqual([
      1, 3, 3,
    ]);
    expect(kept['total']!.data[0]).toBe(3);
    expect((await state.read(['total']))['total']!.data[0]).toBe(7);
    await compiled.dispose();
  });

  it('names the input that is missing or of another shape', async () => {
    const compiled = await engine.compile(count, signature);
    const state = engine.createState({ total: float32([], [1]) });
    await expect(compiled.run(state, {})).rejects.toThrow(/needs an input 'x'/);
    await expect(compiled.run(state, { x: int32([1], [1]) })).rejects.toThrow(
      /'x' is int32 \[1\].*float32 \[\]/,
    );
    await compiled.dispose();
  });

  it('refuses two runs at once on one state', async () => {
    const compiled = await engine.compile(count, signature);
    const state = engine.createState({ total: float32([], [1]) });
    const first = compiled.run(state, { x: float32([], [1]) });
    await expect(compiled.run(state, { x: float32([], [1]) })).rejects.toThrow(/in use/);
    await first;
    await compiled.dispose();
  });
});
