import { type Tensor2D, tf } from '@clce/engine';
import { beforeAll, describe, expect, test } from 'vitest';
import { l2Normalize } from './normalize.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('rows of unit length', () => {
  test.each([
    ['ordinary', [3, 4], [0.6, 0.8]],
    ['of the largest float32 numbers', [3e38, -3e38], [Math.SQRT1_2, -Math.SQRT1_2]],
    ['whose squares vanish in float32', [1e-11, 0], [1, 0]],
    ['zero', [0, 0], [0, 0]],
    ['shorter than 1e-12, which shrink towards zero', [3e-13, 4e-13], [0.3, 0.4]],
  ])('%s', (_, row, expected) => {
    const [unit] = l2Normalize(tf.tensor2d([row])).arraySync();
    expect(unit![0]).toBeCloseTo(expected[0]!, 6);
    expect(unit![1]).toBeCloseTo(expected[1]!, 6);
  });
});

describe('the gradient', () => {
  test('equals automatic differentiation of e / ‖e‖', () => {
    const rows = tf.tensor2d([
      [0.3, -1.2, 2],
      [5, 0.1, -0.4],
    ]);
    const weights = tf.tensor2d([
      [1, -2, 0.5],
      [0.2, 3, -1],
    ]);
    const own = tf.grad((x) => tf.sum(tf.mul(weights, l2Normalize(x as Tensor2D))))(rows);
    const automatic = tf.grad((x) =>
      tf.sum(tf.mul(weights, tf.div(x, tf.sqrt(tf.sum(tf.square(x), 1, true))))),
    )(rows);
    expect(tf.max(tf.abs(tf.sub(own, automatic))).dataSync()[0]).toBeLessThan(1e-6);
  });

  test('of a row without a direction is zero', () => {
    const gradient = tf.grad((x) => tf.sum(l2Normalize(x as Tensor2D)))(
      tf.tensor2d([
        [0, 0],
        [1e-20, 0],
      ]),
    );
    expect([...gradient.dataSync()]).toEqual([0, 0, 0, 0]);
  });
});
