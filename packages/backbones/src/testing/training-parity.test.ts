import { createHash } from 'node:crypto';
import { adamW, constantRate, type HostTensor, type HostTensors, onnxEngine, sgd } from '@clce/engine';
import { expect, it } from 'vitest';
import { buildConv4, conv4 } from '../architectures/conv4.ts';
import { expectParity, train } from './trained-steps.ts';

const optimizers = [
  sgd({ schedule: constantRate(0.01), weightDecay: 5e-4 }),
  adamW({ schedule: constantRate(1e-3), weightDecay: 0.05 }),
];

it.each(optimizers)(
  'ten steps of Conv-4 with $name equal those on the TensorFlow.js cpu back end',
  (optimizer) => {
    // Eager steps at full width take minutes; the architecture is the same.
    const backbone = buildConv4({ name: 'conv4', description: '', channels: 8 });
    return expectParity({ backbone, imageSize: 16, batch: 8 }, optimizer, 10);
  },
);

it('training twice gives the same bytes, with one thread and with two', async () => {
  const model = { backbone: conv4, imageSize: 32, batch: 32 };
  const optimizer = adamW({ schedule: constantRate(1e-3) });
  const first = await train(onnxEngine({ threads: 2 }), model, optimizer, 10);
  const second = await train(onnxEngine({ threads: 2 }), model, optimizer, 10);
  const single = await train(onnxEngine({ threads: 1 }), model, optimizer, 10);
  expect(digests(second.state)).toEqual(digests(first.state));
  expect(digests(single.state)).toEqual(digests(first.state));
});

/** As bytes: a comparison of numbers one by one takes longer than the training. */
function digests(tensors: HostTensors): Record<string, string> {
  const digest = ({ data }: HostTensor) =>
    createHash('sha256')
      .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
      .digest('hex');
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, digest(tensor)]));
}
