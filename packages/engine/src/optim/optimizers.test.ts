import { describe, expect, it } from 'vitest';
import { tf } from '../tf.ts';
import { adamW } from './adamw.ts';
import type { Optimizer } from './optimizer.ts';
import { constantRate, warmupCosine } from './schedule.ts';
import { sgd } from './sgd.ts';

const GRADIENTS = [
  [0.1, -0.2, 0.3],
  [-0.4, 0.5, 0],
  [0.25, 0.25, -1],
];

/** Three updates of [0.5, -1, 2]. */
function threeUpdates(optimizer: Optimizer, decay = true): number[] {
  let parameter = tf.tensor([0.5, -1, 2]);
  let slots = Object.fromEntries(optimizer.slots.map((slot) => [slot, tf.zeros([3])]));
  GRADIENTS.forEach((values, step) => {
    const scalars = Object.fromEntries(
      Object.entries(optimizer.scalars(step)).map(([name, v]) => [name, tf.scalar(v)]),
    );
    const update = optimizer.update({ parameter, gradient: tf.tensor(values), slots, scalars, decay });
    parameter = update.parameter as typeof parameter;
    slots = update.slots as typeof slots;
  });
  return Array.from(parameter.dataSync());
}

// Oracles: three steps of torch.optim.SGD(lr=0.1, momentum=0.9, weight_decay=0.01[, nesterov=True]) and of
// torch.optim.AdamW(lr=0.1, weight_decay=0.05) in float64 (PyTorch 1.13).
describe('optimisers equal PyTorch’s', () => {
  const schedule = constantRate(0.1);
  it.each([
    ['sgd', sgd({ schedule, weightDecay: 0.01 }), [0.5210953895, -1.060220779, 2.007603568]],
    [
      'nesterov',
      sgd({ schedule, nesterov: true, weightDecay: 0.01 }),
      [0.52245096198, -1.106210223961, 2.071068536512],
    ],
    ['adamw', adamW({ schedule, weightDecay: 0.05 }), [0.453049060327, -0.987986350938, 1.850799027418]],
  ])('%s', (_, optimizer, expected) => {
    for (const [k, value] of threeUpdates(optimizer).entries()) expect(value).toBeCloseTo(expected[k]!, 6);
  });

  it('a parameter exempt from weight decay moves as if weight decay were 0', () => {
    const withDecay = adamW({ schedule, weightDecay: 0.5 });
    expect(threeUpdates(withDecay, false)).toEqual(threeUpdates(adamW({ schedule, weightDecay: 0 })));
  });
});

describe('warm-up and cosine', () => {
  const rate = warmupCosine({ peak: 2, steps: 21, warmupSteps: 4, floor: 0.5 });
  it('rises in equal steps to the peak', () => {
    for (const [step, value] of [0.4, 0.8, 1.2, 1.6, 2].entries()) expect(rate(step)).toBeCloseTo(value, 12);
  });
  it('is half-way down in the middle after warm-up, and at the floor at the last step', () => {
    expect(rate(8)).toBeCloseTo(0.5 + (1.5 * (1 + Math.SQRT1_2)) / 2, 12);
    expect(rate(12)).toBeCloseTo(1.25, 12);
    expect(rate(20)).toBeCloseTo(0.5, 12);
  });
});
