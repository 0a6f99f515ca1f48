import { tf } from '@clce/engine';
import { beforeAll, expect, test } from 'vitest';
import { logWhere, orLogOfZero, sigmoid, softplus } from './log-space.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

test.each([-80, -30, -17, -15.5, -3, -0.1, 0, 0.1, 5, 40, 1e6])(
  'softplus and sigmoid of %d keep their relative precision',
  (x) => {
    const exactSoftplus = Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
    const exactSigmoid = 1 / (1 + Math.exp(-x));
    const argument = tf.scalar(x);
    const computed = softplus(argument);
    expect(computed.dataSync()[0]! / exactSoftplus).toBeCloseTo(1, 5);
    expect(sigmoid(argument, computed).dataSync()[0]! / exactSigmoid).toBeCloseTo(1, 5);
  },
);

test('the logarithm of an empty sum is a finite number', () => {
  const [ofSum, ofNothing] = logWhere(tf.tensor1d([1, 0]), tf.tensor1d([Math.E, 0])).dataSync();
  expect(ofSum).toBeCloseTo(1, 6);
  expect(ofNothing).toBe(0);
});

test('log 0 has an exponential of zero', () => {
  const [kept, absent] = orLogOfZero(tf.tensor1d([1, 0]), tf.tensor1d([-3, -3])).dataSync();
  expect(kept).toBe(-3);
  expect(Math.fround(Math.exp(absent!))).toBe(0);
});
