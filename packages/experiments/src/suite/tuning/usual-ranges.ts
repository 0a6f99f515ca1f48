/** The ranges that suites tune over, and `clce compare`. Ends without further values to try are not open. */
import { getLoss } from '@clce/losses';
import type { TunedRange, Tuning } from '../preset.ts';

/** Of a small network from random weights, and of one from pretrained weights. */
export const learningRateRanges: Readonly<Record<'scratch' | 'pretrained', TunedRange>> = {
  scratch: { scale: 'log', from: 1e-3, to: 3e-2 },
  pretrained: { scale: 'log', from: 3e-5, to: 3e-3 },
};

/** What every method tunes beside its learning rate. Less decay or smoothing than the least is as good as none. */
export const sharedRanges: Tuning['space'] = {
  'recipe.weightDecay': { scale: 'log', from: 5e-3, to: 0.5, open: ['upper'] },
  'recipe.labelSmoothing': { scale: 'linear', from: 0, to: 0.2, open: ['upper'] },
  'recipe.samplesPerClass': { scale: 'choice', values: [null, 2] },
};

/**
 * Parameters of losses. λ is on the scale of λ / (1 − λ). As λ goes to 0, a blend becomes CE; so the range begins at 0.3, and two
 * methods can be called equivalent. That end belongs to the question, so it is not open.
 */
export const parameterRanges: Readonly<Record<'lambda' | 'temperature' | 'form' | 'hardness', TunedRange>> = {
  lambda: { scale: 'logit', from: 0.3, to: 0.95, open: ['upper'] },
  temperature: { scale: 'log', from: 0.05, to: 1 },
  form: { scale: 'choice', values: ['in', 'out'] },
  hardness: { scale: 'linear', from: 0, to: 2, open: ['upper'] },
};

/** The ranges of a loss's own parameters, as entries of `tuning.own`. A parameter without a usual range keeps its default. */
export function ownRangesOf(loss: string): Tuning['space'] {
  const { defaults } = getLoss(loss);
  return Object.fromEntries(
    Object.entries(parameterRanges).flatMap(([name, range]) =>
      Object.hasOwn(defaults, name) ? [[`loss.${name}`, range]] : [],
    ),
  );
}
