import { describe, expect, it } from 'vitest';
import { type Tensor, type Tensor1D, type Tensor2D, tf } from '../tf.ts';
import { batchNormTraining, updatedStatistics } from './batch-norm.ts';

const x = tf.tensor2d(
  Array.from({ length: 24 }, (_, k) => Math.sin(k * 1.7) * 3 + k / 8),
  [6, 4],
);
const gamma = tf.tensor1d([1, -0.5, 2, 0.1]);
const beta = tf.tensor1d([0, 1, -1, 3]);
const weights = tf.tensor2d(
  Array.from({ length: 24 }, (_, k) => Math.cos(k)),
  [6, 4],
);

/** The textbook formula, differentiated by TensorFlow.js through the moments. */
function composite(input: Tensor, g: Tensor, b: Tensor): Tensor {
  const { mean, variance } = tf.moments(input, 0);
  return tf.add(tf.mul(tf.div(tf.sub(input, mean), tf.sqrt(tf.add(variance, 1e-5))), g), b);
}

describe('batch normalisation in training', () => {
  const own = (input: Tensor, g: Tensor, b: Tensor) =>
    batchNormTraining(input, { gamma: g as Tensor1D, beta: b as Tensor1D, epsilon: 1e-5 });
  const gradientsOf = (f: typeof composite) =>
    tf.grads((i, g, b) => tf.sum(tf.mul(f(i!, g!, b!), weights)))([x, gamma, beta]);

  it('has the value of the formula', () => {
    expect(maxDifference(own(x, gamma, beta), composite(x, gamma, beta))).toBeLessThan(1e-5);
  });

  it.each([
    [0, 'the input'],
    [1, 'the scale'],
    [2, 'the shift'],
  ])('has its gradient (%i: %s)', (index) => {
    expect(maxDifference(gradientsOf(own)[index]!, gradientsOf(composite)[index]!)).toBeLessThan(2e-5);
  });

  it('updates running statistics as PyTorch does', () => {
    // torch.nn.BatchNorm1d(1)(torch.tensor([[1.], [2.], [4.], [9.]])): running_mean 0.4, running_var 0.9 + 0.1 * 12.6667.
    const running = { mean: tf.tensor1d([0]), variance: tf.tensor1d([1]) };
    const { mean, variance } = updatedStatistics(running, tf.tensor2d([[1], [2], [4], [9]]) as Tensor2D, 0.1);
    expect(mean.dataSync()[0]).toBeCloseTo(0.4, 6);
    expect(variance.dataSync()[0]).toBeCloseTo(2.1666667, 6);
  });
});

function maxDifference(a: Tensor, b: Tensor): number {
  return tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!;
}
