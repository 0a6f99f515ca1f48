import { type Tensor4D, tf } from '@clce/engine';
import { beforeAll, expect, it } from 'vitest';
import { conv4, conv4Signed } from './conv4.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

it('without its last ReLU it has the same weights, and the features of Conv-4 before they are rectified', () => {
  const wave = (count: number, phase: number) =>
    Float32Array.from({ length: count }, (_, k) => Math.sin(1.7 * k + 0.01 * k * k + phase));
  const draw = (tensor: string, count: number) => wave(count, tensor.length);
  const initial = conv4.initialise(32, draw);
  expect(conv4Signed.initialise(32, draw)).toEqual(initial);
  const weights = Object.fromEntries(
    Object.entries({ ...initial.parameters, ...initial.statistics }).map(([name, { data, shape }]) => [
      name,
      tf.tensor(data as Float32Array, [...shape]),
    ]),
  );
  const images = tf.tensor(wave(4 * 32 * 32 * 3, 1), [4, 32, 32, 3]) as Tensor4D;
  const signed = conv4Signed.forward(weights, images, 'training').features;
  const rectified = conv4.forward(weights, images, 'training').features;
  const values = [...signed.dataSync()];
  expect(values.some((value) => value < -0.1)).toBe(true);
  expect([...rectified.dataSync()]).toEqual([...tf.relu(signed).dataSync()]);
});
