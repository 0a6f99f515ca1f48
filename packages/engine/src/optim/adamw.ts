/**
 * AdamW: Adam with decoupled weight decay (Loshchilov & Hutter 2019, arXiv 1711.05101, algorithm 2), in the form of
 * torch.optim.AdamW:
 *
 *     p ← p - rate · weightDecay · p
 *     m ← β₁ m + (1-β₁) g,  v ← β₂ v + (1-β₂) g²
 *     p ← p - rate · (m / (1-β₁ᵗ)) / (√(v / (1-β₂ᵗ)) + ε)
 */
import { tf } from '../tf.ts';
import { wholePower } from '../whole-power.ts';
import type { Optimizer } from './optimizer.ts';
import type { Schedule } from './schedule.ts';

export function adamW(options: {
  readonly schedule: Schedule;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  readonly weightDecay?: number;
}): Optimizer {
  const { schedule, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0.01 } = options;
  return {
    name: 'adamw',
    slots: ['m', 'v'],
    scalars: (step) => ({
      rate: schedule(step),
      correction1: 1 / (1 - wholePower(beta1, step + 1)),
      correction2: 1 / (1 - wholePower(beta2, step + 1)),
    }),
    update({ parameter, gradient, slots, scalars, decay }) {
      const m = tf.add(tf.mul(slots['m']!, beta1), tf.mul(gradient, 1 - beta1));
      const v = tf.add(tf.mul(slots['v']!, beta2), tf.mul(tf.square(gradient), 1 - beta2));
      const rate = scalars['rate']!;
      const kept =
        decay && weightDecay > 0 ? tf.mul(parameter, tf.sub(1, tf.mul(rate, weightDecay))) : parameter;
      const deviation = tf.add(tf.sqrt(tf.mul(v, scalars['correction2']!)), epsilon);
      const direction = tf.div(tf.mul(m, tf.mul(rate, scalars['correction1']!)), deviation);
      return { parameter: tf.sub(kept, direction), slots: { m, v } };
    },
  };
}
