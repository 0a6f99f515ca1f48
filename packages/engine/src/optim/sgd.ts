/**
 * Stochastic gradient descent with momentum and coupled L2 weight decay, as torch.optim.SGD defines it:
 *
 *     g ← g + weightDecay · p,  b ← momentum · b + g,  p ← p - rate · (nesterov ? g + momentum · b : b)
 */
import { tf } from '../tf.ts';
import type { Optimizer } from './optimizer.ts';
import type { Schedule } from './schedule.ts';

export function sgd(options: {
  readonly schedule: Schedule;
  readonly momentum?: number;
  readonly nesterov?: boolean;
  readonly weightDecay?: number;
}): Optimizer {
  const { schedule, momentum = 0.9, nesterov = false, weightDecay = 0 } = options;
  return {
    name: 'sgd',
    slots: ['momentum'],
    scalars: (step) => ({ rate: schedule(step) }),
    update({ parameter, gradient, slots, scalars, decay }) {
      const decayed = decay && weightDecay > 0 ? tf.add(gradient, tf.mul(parameter, weightDecay)) : gradient;
      const buffer = tf.add(tf.mul(slots['momentum']!, momentum), decayed);
      const direction = nesterov ? tf.add(decayed, tf.mul(buffer, momentum)) : buffer;
      return {
        parameter: tf.sub(parameter, tf.mul(direction, scalars['rate']!)),
        slots: { momentum: buffer },
      };
    },
  };
}
