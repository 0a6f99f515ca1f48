import { type Scalar, tf } from '@clce/engine';
import { describe, expect, it } from 'vitest';
import { blend } from './blend.ts';
import { checkLoss } from './check-loss.ts';
import { detach } from './detach.ts';
import { defineLoss } from './loss-definition.ts';
import { getLoss, lossNames } from './registry.ts';

it.each(lossNames)('%s is its float64 loop, in value and gradient', async (name) => {
  const { batches, differences } = await checkLoss(getLoss(name));
  expect(batches).toBe(7);
  expect(differences!.value).toBeLessThan(1e-5);
  expect(differences!.gradient).toBeLessThan(1e-4);
});

/** Σ z² w with w = z, a constant to the gradient: 2 z² where z³ would have 3 z². */
const weighted = (weight: (batch: number, fixed: number) => number) =>
  defineLoss({
    name: 'weighted',
    title: 'Weighted',
    views: 1,
    trainsHead: false,
    parameters: {},
    evaluate({ embeddings: z, ...batch }) {
      const cubes = tf.sum(tf.mul(tf.square(z), detach(z))) as Scalar;
      return blend(1, { ...batch, embeddings: z }, tf.scalar(0), cubes);
    },
    reference: (batch, _, fixed) =>
      batch.embeddings
        .flat()
        .reduce((sum, x, at) => sum + x ** 2 * weight(x, fixed.embeddings.flat()[at]!), 0),
  });

describe('what is a constant to the gradient', () => {
  it('is computed from the batch that stays', async () => {
    await expect(checkLoss(weighted((_, fixed) => fixed))).resolves.toHaveProperty('differences');
  });

  it('is told from what is not', async () => {
    await expect(checkLoss(weighted((moving) => moving))).rejects.toThrow(
      /^a batch of three classes: the gradient at embeddings\[0\]\[0\] is .*, by finite differences of reference /,
    );
  });
});
