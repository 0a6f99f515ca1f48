import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { float32, type HostTensor, type HostTensors, specsOf } from '../../host-tensor.ts';
import { eagerEngine } from '../../runtime/eager-engine.ts';
import { onnxEngine } from '../../runtime/onnx-engine.ts';
import type { Engine, Step } from '../../step.ts';
import { type Tensor, type Tensor4D, tf } from '../../tf.ts';

/** Value and gradients of Σ f(inputs) · weights, where the weights make every output element count differently. */
function probe(f: (...inputs: Tensor[]) => Tensor): Step {
  return ({ inputs }) => {
    const names = Object.keys(inputs).filter((name) => name !== 'weights');
    const tensors = names.map((name) => inputs[name]!);
    const { grads } = tf.valueAndGrads((...xs) =>
      tf.sum(tf.mul(tf.cast(f(...xs), 'float32'), inputs['weights']!)),
    )(tensors);
    return {
      outputs: { value: f(...tensors), ...Object.fromEntries(names.map((name, k) => [name, grads[k]!])) },
    };
  };
}

async function runOn(engine: Engine, step: Step, inputs: HostTensors): Promise<HostTensors> {
  const compiled = await engine.compile(step, { state: {}, inputs: specsOf(inputs) });
  const state = engine.createState({});
  const outputs = await compiled.run(state, inputs);
  state.dispose();
  await compiled.dispose();
  return outputs;
}

/** Values without symmetry or period, some of them zero or equal when `coarse`. */
function values(shape: readonly number[], salt: number, coarse = false): HostTensor {
  const length = shape.reduce((product, side) => product * side, 1);
  const fine = Float32Array.from({ length }, (_, k) => Math.sin(1 + k * k * 1.37 + salt * 7.1) * 2);
  return float32(shape, coarse ? fine.map(Math.round) : fine);
}

interface Case {
  readonly name: string;
  readonly f: (...inputs: Tensor[]) => Tensor;
  readonly shapes: readonly (readonly number[])[];
  /** Values with ties and zeros. */
  readonly coarse?: boolean;
}

const conv = (stride: number, padding: 'same' | 'valid') => (x: Tensor, filter: Tensor) =>
  tf.conv2d(x as Tensor4D, filter as Tensor4D, stride, padding);
const pool = (size: number) => (x: Tensor) => tf.maxPool(x as Tensor4D, size, size, 'valid');

const cases: readonly Case[] = [
  {
    name: 'broadcasting arithmetic',
    f: (a, b) => tf.div(tf.mul(tf.sub(a!, b!), a!), tf.add(tf.square(b!), 1)),
    shapes: [
      [2, 1, 3],
      [4, 1],
    ],
  },
  {
    name: 'max and min with ties',
    f: (a, b) => tf.maximum(tf.minimum(a!, 1), b!),
    shapes: [
      [3, 4],
      [3, 4],
    ],
    coarse: true,
  },
  {
    name: 'exp, log, roots',
    f: (a) => tf.log(tf.add(tf.exp(a!), tf.sqrt(tf.add(tf.square(a!), 1)))),
    shapes: [[5]],
  },
  { name: 'reciprocal root', f: (a) => tf.rsqrt(tf.add(tf.square(a!), 0.1)), shapes: [[7]] },
  { name: 'relu at zero', f: (a) => tf.relu(a!), shapes: [[3, 5]], coarse: true },
  { name: 'leaky relu at zero', f: (a) => tf.leakyRelu(a!, 0.1), shapes: [[3, 5]], coarse: true },
  {
    name: 'abs, neg, sigmoid, tanh',
    f: (a) => tf.sub(tf.abs(tf.neg(a!)), tf.mul(tf.sigmoid(a!), tf.tanh(a!))),
    shapes: [[6]],
  },
  { name: 'clip', f: (a) => tf.clipByValue(a!, -1, 1), shapes: [[9]] },
  {
    name: 'where',
    f: (a, b) => tf.where(tf.greater(tf.range(0, 4), 1.5), tf.square(a!), b!),
    shapes: [
      [3, 4],
      [3, 4],
    ],
    coarse: true,
  },
  {
    name: 'sums over axes',
    f: (a) => tf.mul(tf.sum(a!, [0, 2], true), tf.mean(a!, 1, true)),
    shapes: [[2, 3, 4]],
  },
  { name: 'max over an axis with ties', f: (a) => tf.max(a!, 1), shapes: [[3, 6]], coarse: true },
  { name: 'min over all', f: (a) => tf.min(a!), shapes: [[4, 2]] },
  { name: 'softmax and log-softmax', f: (a) => tf.mul(tf.softmax(a!), tf.logSoftmax(a!)), shapes: [[4, 5]] },
  {
    name: 'matrix product',
    f: (a, b) => tf.matMul(a!, b!),
    shapes: [
      [3, 4],
      [4, 5],
    ],
  },
  {
    name: 'matrix product, both transposed',
    f: (a, b) => tf.matMul(a!, b!, true, true),
    shapes: [
      [4, 3],
      [5, 4],
    ],
  },
  {
    name: 'batched matrix product',
    f: (a, b) => tf.matMul(a!, b!, false, true),
    shapes: [
      [2, 3, 4],
      [2, 5, 4],
    ],
  },
  {
    name: 'transpose and reshape',
    f: (a) => tf.reshape(tf.transpose(a!, [2, 0, 1]), [4, -1]),
    shapes: [[2, 3, 4]],
  },
  {
    name: 'slices, vector included',
    f: (a, b) => tf.mul(tf.slice(a!, [1, 0], [2, 3]), tf.slice(b!, 2, 3)),
    shapes: [[4, 5], [6]],
  },
  {
    name: 'split, stack, unstack',
    f: (a) =>
      tf.stack(
        tf.split(a!, [2, 2], 1).flatMap((part) => tf.unstack(part, 1)),
        0,
      ),
    shapes: [[3, 4]],
  },
  {
    name: 'concat, tile, reverse',
    f: (a, b) => tf.reverse(tf.tile(tf.concat([a!, b!], 0), [2, 1]), 0),
    shapes: [
      [2, 3],
      [1, 3],
    ],
  },
  {
    name: 'pad',
    f: (a) =>
      tf.pad(
        a!,
        [
          [1, 2],
          [0, 3],
        ],
        0.5,
      ),
    shapes: [[2, 3]],
  },
  {
    name: 'expand and squeeze',
    f: (a) => tf.squeeze(tf.mul(tf.expandDims(a!, 1), 2), [1]),
    shapes: [[4, 3]],
  },
  {
    name: 'convolution 3×3 same',
    f: conv(1, 'same'),
    shapes: [
      [2, 5, 6, 3],
      [3, 3, 3, 4],
    ],
  },
  {
    name: 'convolution 3×3 valid',
    f: conv(1, 'valid'),
    shapes: [
      [2, 5, 6, 3],
      [3, 3, 3, 4],
    ],
  },
  {
    name: 'convolution 3×3 stride 2 same',
    f: conv(2, 'same'),
    shapes: [
      [2, 7, 6, 3],
      [3, 3, 3, 4],
    ],
  },
  {
    name: 'convolution 2×2 stride 3 valid, a tail unused',
    f: conv(3, 'valid'),
    shapes: [
      [1, 8, 7, 2],
      [2, 2, 2, 3],
    ],
  },
  {
    name: 'convolution 1×1',
    f: conv(1, 'same'),
    shapes: [
      [2, 4, 3, 5],
      [1, 1, 5, 2],
    ],
  },
  {
    name: 'convolution 1×1 stride 2',
    f: conv(2, 'same'),
    shapes: [
      [2, 5, 4, 3],
      [1, 1, 3, 2],
    ],
  },
  {
    name: 'convolution 4×4 same',
    f: conv(1, 'same'),
    shapes: [
      [1, 5, 5, 2],
      [4, 4, 2, 2],
    ],
  },
  { name: 'max pool', f: pool(2), shapes: [[2, 4, 6, 3]] },
  { name: 'max pool, odd sizes', f: pool(2), shapes: [[2, 5, 7, 3]] },
  { name: 'max pool with ties', f: pool(2), shapes: [[2, 6, 6, 2]], coarse: true },
  { name: 'max pool 3×3', f: pool(3), shapes: [[1, 7, 6, 2]] },
  {
    name: 'max pool 3×3 stride 2 padded by 1, as ResNet’s stem',
    f: (x) => tf.maxPool(x as Tensor4D, 3, 2, 1, 'floor'),
    shapes: [[2, 8, 7, 3]],
    coarse: true,
  },
  {
    name: 'depthwise convolution 3×3 stride 2',
    f: (x, filter) => tf.depthwiseConv2d(x as Tensor4D, filter as Tensor4D, 2, 'same'),
    shapes: [
      [2, 7, 6, 3],
      [3, 3, 3, 1],
    ],
  },
  {
    name: 'inference batch norm',
    f: (x, m, v, g, b) => tf.batchNorm(x!, m as never, tf.square(v!) as never, b as never, g as never, 0.1),
    shapes: [[3, 4], [4], [4], [4], [4]],
  },
];

/** Expects the native engine's values and gradients to equal TensorFlow.js's within 1e-5 of the largest entry. */
async function agree(
  f: (...inputs: never[]) => Tensor,
  shapes: readonly (readonly number[])[],
  coarse?: boolean,
): Promise<void> {
  const apply = f as unknown as (...inputs: Tensor[]) => Tensor;
  const inputs = Object.fromEntries(shapes.map((shape, k) => [`x${k}`, values(shape, k, coarse)]));
  const shape = tf.tidy(
    () => apply(...Object.values(inputs).map((x) => tf.tensor(x.data, [...x.shape], x.dtype))).shape,
  );
  const fed = { ...inputs, weights: values(shape, 9) };
  const native = await runOn(onnxEngine({ threads: 1 }), probe(apply), fed);
  const eager = await runOn(eagerEngine(), probe(apply), fed);
  for (const [name, expected] of Object.entries(eager)) {
    const actual = native[name]!;
    expect(actual.shape, name).toEqual(expected.shape);
    const largest = Math.max(1e-6, ...Array.from(expected.data, Math.abs));
    const errors = Array.from(expected.data, (value, k) => Math.abs(value - actual.data[k]!));
    expect(Math.max(0, ...errors) / largest, name).toBeLessThan(1e-5);
  }
}

describe('kernels agree with TensorFlow.js, forward and gradient', () => {
  it.each(cases)('$name', ({ f, shapes, coarse }) => agree(f, shapes, coarse));

  it('comparisons, logic, one-hot and casts', async () => {
    const step: Step = ({ inputs: { a, b } }) => {
      const x = a!;
      const y = b!;
      const logic = tf.logicalOr(
        tf.logicalAnd(tf.greaterEqual(x, y), tf.notEqual(x, 0)),
        tf.logicalNot(tf.lessEqual(x, 1)),
      );
      const index = tf.cast(tf.abs(x), 'int32');
      return {
        outputs: {
          logic: tf.cast(logic, 'float32'),
          equal: tf.cast(tf.equal(x, y), 'int32'),
          less: tf.cast(tf.less(x, y), 'float32'),
          oneHot: tf.cast(tf.oneHot(tf.reshape(index, [-1]) as never, 3), 'float32'),
          largest: tf.argMax(x, 1),
          any: tf.cast(tf.any(tf.greater(x, 1), 0), 'int32'),
          all: tf.cast(tf.all(tf.greater(x, -3), 0), 'int32'),
          sign: tf.sign(x),
          step: tf.step(x, 0.25),
        },
      };
    };
    const inputs = { a: values([3, 4], 1, true), b: values([3, 4], 2, true) };
    expect(await runOn(onnxEngine({ threads: 1 }), step, inputs)).toEqual(
      await runOn(eagerEngine(), step, inputs),
    );
  });

  it('refuses a depthwise convolution with several outputs per channel', async () => {
    const step: Step = ({ inputs: { x, filter } }) => ({
      outputs: { y: tf.depthwiseConv2d(x as Tensor4D, filter as Tensor4D, 1, 'same') },
    });
    const inputs = { x: values([1, 4, 4, 2], 0), filter: values([3, 3, 2, 2], 1) };
    await expect(runOn(onnxEngine(), step, inputs)).rejects.toThrow(/2 outputs a channel/);
  });
});

describe('kernels agree with TensorFlow.js on random shapes', () => {
  const side = fc.integer({ min: 3, max: 9 });
  const window = fc.record({
    image: fc.tuple(fc.integer({ min: 1, max: 2 }), side, side, fc.integer({ min: 1, max: 3 })),
    filter: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    strides: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    padding: fc.constantFrom('same' as const, 'valid' as const),
    coarse: fc.boolean(),
  });
  const runs = { numRuns: 25, seed: 1 };

  it('convolution', () =>
    fc.assert(
      fc.asyncProperty(window, fc.integer({ min: 1, max: 4 }), (shape, outputs) => {
        const { image, filter, strides, padding } = shape;
        const f = (x: Tensor, w: Tensor) => tf.conv2d(x as Tensor4D, w as Tensor4D, strides, padding);
        return agree(f, [image, [...filter, image[3], outputs]]);
      }),
      runs,
    ));

  it('convolution in tiles: 3×3 at stride 1, from 16 channels', () =>
    fc.assert(
      fc.asyncProperty(
        fc.tuple(
          fc.integer({ min: 1, max: 3 }),
          fc.integer({ min: 3, max: 14 }),
          fc.integer({ min: 3, max: 14 }),
        ),
        fc.integer({ min: 16, max: 18 }),
        fc.integer({ min: 16, max: 18 }),
        fc.constantFrom('same' as const, 'valid' as const, 1, 2, 3),
        (image, channels, outputs, padding) => {
          const f = (x: Tensor, w: Tensor) => tf.conv2d(x as Tensor4D, w as Tensor4D, 1, padding);
          return agree(f, [
            [...image, channels],
            [3, 3, channels, outputs],
          ]);
        },
      ),
      runs,
    ));

  it('depthwise convolution', () =>
    fc.assert(
      fc.asyncProperty(window, ({ image, filter, strides: [stride], padding }) => {
        // TensorFlow.js's depthwise gradients know one stride for both axes only.
        const f = (x: Tensor, w: Tensor) => tf.depthwiseConv2d(x as Tensor4D, w as Tensor4D, stride, padding);
        return agree(f, [image, [...filter, image[3], 1]]);
      }),
      runs,
    ));

  it('max pooling, ties included', () =>
    fc.assert(
      fc.asyncProperty(window, ({ image, filter, strides, padding, coarse }) =>
        agree((x) => tf.maxPool(x as Tensor4D, filter, strides, padding), [image], coarse),
      ),
      runs,
    ));

  it('broadcasting', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 }),
        fc.nat(4),
        fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
        (shape, dropped, ones) => {
          const other = shape.slice(dropped).map((length, axis) => (ones[axis] ? 1 : length));
          return agree((a, b) => tf.div(tf.sub(tf.mul(a, b), b), tf.add(tf.square(a), 1)), [shape, other]);
        },
      ),
      runs,
    ));

  it('sums and means over any axes, of few rows and of many', () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom([3, 4, 5], [600, 3], [17, 31, 2], [512, 1], [64, 8, 3]),
        fc.uniqueArray(fc.nat(2), { minLength: 1 }),
        fc.boolean(),
        (shape, wanted, keep) => {
          const axes = wanted.filter((axis) => axis < shape.length);
          return agree((x) => tf.add(tf.sum(x, axes, keep), tf.mean(x, axes, keep)), [shape]);
        },
      ),
      runs,
    ));
});
