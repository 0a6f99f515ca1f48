import {
  float32,
  int32,
  onnxEngine,
  type Scalar,
  specsOf,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tf,
} from '@clce/engine';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { referenceLacln } from '../reference/lacln.ts';
import { arbitraryBatch, CLASSES } from '../testing/arbitrary-batch.ts';
import { evaluateOnCpu } from '../testing/cpu-evaluation.ts';
import { type LaclnOptions, lacln } from './lacln.ts';

const arbitraryOptions = fc.record({
  temperature: fc.constantFrom(0.01, 0.05, 0.1, 0.5, 1, 5),
  hardness: fc.constantFrom(0, 0.5, 1, 2, 10),
  form: fc.constantFrom('in' as const, 'out' as const),
  detachWeights: fc.boolean(),
});

describe('against the float64 loop', () => {
  test('value and gradient agree for any batch and options', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryBatch(), arbitraryOptions, async ({ embeddings, labels }, options) => {
        const expected = referenceLacln(embeddings, labels, options);
        const { value, gradient } = await evaluate(embeddings, labels, options);
        // The error of a similarity is about 1e-7 / τ, and β magnifies its effect on the weights.
        const rounding = (2e-6 * (1 + options.hardness)) / options.temperature;
        expect(Math.abs(value - expected.value)).toBeLessThan(1e-5 * expected.value + rounding);
        const shortest = Math.min(
          ...embeddings.map((row) => Math.hypot(...row)).filter((length) => length > 0),
          1,
        );
        const largest = Math.max(...expected.gradient.flat().map(Math.abs));
        const tolerance =
          1e-4 * largest + (rounding * (1 + options.hardness)) / (options.temperature * shortest);
        expect(largestDifference(gradient, expected.gradient)).toBeLessThan(tolerance);
      }),
      { numRuns: 150 },
    );
  });

  test('three unit vectors that one can check by hand', async () => {
    // Anchor 0: its positive at 90°, its negative at 0°.  Anchor 1: both at 90°.  Anchor 2 has no positive.
    const embeddings = [
      [2, 0],
      [0, 3],
      [5, 0],
    ];
    const { value } = await evaluate(embeddings, [0, 0, 1], { temperature: 1 });
    expect(value).toBeCloseTo((Math.log(1 + Math.E) + Math.log(2)) / 2, 6);
  });
});

describe('symmetries', () => {
  test('permuting the batch permutes the gradient and leaves the value', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryBatch(), arbitraryOptions, fc.nat(), async (batch, options, shift) => {
        const order = batch.labels.map((_, i) => (i * 7 + shift) % batch.labels.length);
        fc.pre(new Set(order).size === order.length);
        const original = await evaluate(batch.embeddings, batch.labels, options);
        const permuted = await evaluate(
          order.map((i) => batch.embeddings[i]!),
          order.map((i) => batch.labels[i]!),
          options,
        );
        expectNear(permuted.value, original.value);
        const largest = Math.max(...original.gradient.flat().map(Math.abs));
        const difference = largestDifference(
          permuted.gradient,
          order.map((i) => original.gradient[i]!),
        );
        expect(difference).toBeLessThan(1e-3 * largest + 1e-3 / options.temperature);
      }),
      { numRuns: 60 },
    );
  });

  test('scaling the embeddings by a positive factor leaves the value', async () => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryBatch(),
        arbitraryOptions,
        fc.constantFrom(1e-6, 0.3, 7, 1e6, 1e30),
        async ({ embeddings, labels }, options, factor) => {
          const scaled = embeddings.map((row) => row.map((x) => x * factor));
          const original = await evaluate(embeddings, labels, options);
          expectNear((await evaluate(scaled, labels, options)).value, original.value);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('renaming the classes changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryBatch(), arbitraryOptions, async ({ embeddings, labels }, options) => {
        const original = await evaluate(embeddings, labels, options);
        const renamed = await evaluate(
          embeddings,
          labels.map((label) => 1000 - 3 * label),
          options,
        );
        expect(renamed).toEqual(original);
      }),
      { numRuns: 40 },
    );
  });

  test('the out form is never below the in form', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryBatch(), arbitraryOptions, async ({ embeddings, labels }, options) => {
        const inside = await evaluate(embeddings, labels, { ...options, form: 'in' });
        const outside = await evaluate(embeddings, labels, { ...options, form: 'out' });
        expect(outside.value).toBeGreaterThanOrEqual(inside.value - 1e-5 * (1 + inside.value));
      }),
      { numRuns: 60 },
    );
  });
});

describe('blocks', () => {
  test.each([1, 2, 3, 5, 8, 12])('blocks of %d anchors give what one block gives', async (blockSize) => {
    const embeddings = wave(13, 5);
    const labels = embeddings.map((_, i) => (i * i) % CLASSES);
    for (const temperature of [0.5, 0.01]) {
      for (const form of ['in', 'out'] as const) {
        const whole = await evaluate(embeddings, labels, { temperature, form, blockSize: 13 });
        const split = await evaluate(embeddings, labels, { temperature, form, blockSize });
        expectNear(split.value, whole.value);
        const largest = Math.max(...whole.gradient.flat().map(Math.abs));
        expect(largestDifference(split.gradient, whole.gradient)).toBeLessThan(1e-5 * largest);
      }
    }
  });

  test('live memory grows with the block, not with the square of the batch', async () => {
    await tf.setBackend('cpu');
    const n = 512;
    const embeddings = tf.tensor2d(wave(n, 4));
    const labels = tf.range(0, n, 1, 'int32').mod(tf.scalar(8, 'int32')).toInt().as1D();
    const { peakBytes } = await tf.profile(() =>
      tf.grad((z) => lacln(z as Tensor2D, labels, { blockSize: 16 }))(embeddings),
    );
    expect(peakBytes).toBeLessThan(4 * n * n);
  });

  test.each(['in', 'out'] as const)('"%s" on the native engine: no block waits for another', async (form) => {
    const [n, d] = [4096, 16];
    const inputs = {
      z: float32([n, d], wave(n, d).flat()),
      labels: int32(
        [n],
        Array.from({ length: n }, (_, i) => i % 512),
      ),
    };
    const engine = onnxEngine({ threads: 1 });
    const compiled = await engine.compile(
      ({ inputs: { z, labels } }) => {
        const loss = (x: Tensor) => lacln(x as Tensor2D, labels as Tensor1D, { form, blockSize: 128 });
        const { value, grad } = tf.valueAndGrad(loss)(z!);
        return { outputs: { value, gradient: grad } };
      },
      { state: {}, inputs: specsOf(inputs) },
    );
    const state = engine.createState({});
    const before = process.memoryUsage.rss();
    await compiled.run(state, inputs);
    // The size of one array of pairs, if it were kept.
    expect(process.memoryUsage.rss() - before).toBeLessThan(4 * n * n);
    await compiled.dispose();
  });
});

describe('the gradient', () => {
  test.each(['in', 'out'] as const)(
    'equals automatic differentiation of the formula as printed, form %s',
    async (form) => {
      await tf.setBackend('cpu');
      const embeddings = tf.tensor2d(wave(7, 3));
      const labels = [0, 1, 0, 2, 1, 0, 3];
      const y = tf.tensor1d(labels, 'int32');
      const own = tf.valueAndGrad((z) => lacln(z as Tensor2D, y, { form }))(embeddings);
      const automatic = tf.valueAndGrad((z) => laclnAsPrinted(z, labels, form))(embeddings);
      expectNear(own.value.dataSync()[0]!, automatic.value.dataSync()[0]!);
      const difference = largestDifference(
        (own.grad as Tensor2D).arraySync(),
        (automatic.grad as Tensor2D).arraySync(),
      );
      expect(difference).toBeLessThan(1e-6);
    },
  );

  test('is scaled by the upstream gradient', async () => {
    await tf.setBackend('cpu');
    const embeddings = tf.tensor2d(wave(6, 3));
    const y = tf.tensor1d([0, 1, 0, 1, 2, 2], 'int32');
    const once = tf.grad((z) => lacln(z as Tensor2D, y))(embeddings);
    const thrice = tf.grad((z) => tf.mul(lacln(z as Tensor2D, y), 3))(embeddings);
    expect(
      largestDifference((thrice as Tensor2D).arraySync(), (tf.mul(once, 3) as Tensor2D).arraySync()),
    ).toBeLessThan(1e-6);
  });
});

async function evaluate(embeddings: number[][], labels: number[], options: LaclnOptions) {
  const { value, gradients } = await evaluateOnCpu(([z], y) => lacln(z!, y, options), [embeddings], labels);
  return { value, gradient: gradients[0]! };
}

/** The equations of the loss at τ = 0.5 and β = 1, without log space and blocks. */
function laclnAsPrinted(embeddings: Tensor, labels: number[], form: 'in' | 'out'): Scalar {
  const z = tf.div(embeddings, tf.sqrt(tf.sum(tf.square(embeddings), 1, true)));
  const s = tf.div(tf.matMul(z as Tensor2D, z as Tensor2D, false, true), 0.5);
  const pairs = (holds: (i: number, j: number) => boolean) =>
    tf.tensor2d(labels.map((_, i) => labels.map((__, j) => (holds(i, j) ? 1 : 0))));
  const positive = pairs((i, j) => i !== j && labels[i] === labels[j]);
  const negative = pairs((i, j) => labels[i] !== labels[j]);
  const counted = tf.minimum(tf.sum(positive, 1), 1);
  const positives = tf.maximum(tf.sum(positive, 1), 1);
  const e = tf.exp(s);
  const base = tf.mul(e, negative);
  const weights = tf.mul(tf.div(base, tf.sum(base, 1, true)), tf.sum(negative, 1, true));
  const sumPositive = tf.sum(tf.mul(e, positive), 1);
  const denominator = tf.add(sumPositive, tf.sum(tf.mul(weights, e), 1));
  const inside = tf.log(tf.add(tf.div(sumPositive, tf.mul(positives, denominator)), tf.sub(1, counted)));
  const outside = tf.div(
    tf.sum(tf.mul(positive, tf.sub(s, tf.log(tf.reshape(denominator, [-1, 1])))), 1),
    positives,
  );
  const terms = form === 'in' ? inside : outside;
  return tf.neg(tf.div(tf.sum(tf.mul(terms, counted)), tf.sum(counted))) as Scalar;
}

/** Rows that point in many directions, the same on every machine. */
function wave(rows: number, columns: number): number[][] {
  return Array.from({ length: rows }, (_, i) =>
    Array.from({ length: columns }, (__, j) => Math.sin(1.7 * i + 2.3 * j + 0.1 * i * j)),
  );
}

function expectNear(actual: number, expected: number): void {
  expect(Math.abs(actual - expected)).toBeLessThan(1e-4 * (1 + Math.abs(expected)));
}

function largestDifference(actual: number[][], expected: number[][]): number {
  return Math.max(...actual.flat().map((x, i) => Math.abs(x - expected.flat()[i]!)));
}
