import { adamW, constantRate, sgd } from '@clce/engine';
import { it } from 'vitest';
import { conv4 } from '../architectures/conv4.ts';
import { buildResNet12 } from '../architectures/resnet12.ts';
import { expectParity } from './trained-steps.ts';

const optimizers = [
  sgd({ schedule: constantRate(0.01), weightDecay: 5e-4 }),
  adamW({ schedule: constantRate(1e-3), weightDecay: 0.05 }),
];

it.each(optimizers)(
  'ten steps of ResNet-12 with $name equal those on the TensorFlow.js cpu back end',
  (optimizer) => {
    const backbone = buildResNet12({ name: 'resnet12', description: '', widths: [4, 6, 8, 10] });
    return expectParity({ backbone, imageSize: 18, batch: 5 }, optimizer, 10);
  },
);

it('one step of Conv-4-64 at full width equals the eager one', () =>
  expectParity({ backbone: conv4, imageSize: 16, batch: 3 }, sgd({ schedule: constantRate(0.01) }), 1));
