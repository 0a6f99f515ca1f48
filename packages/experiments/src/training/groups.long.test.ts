/** Contrastive groups and micro-batches in one training step. A backbone without batch norm, which sees a micro-batch, is large. */
import { getEngine } from '@clce/engine';
import { expect, it } from 'vitest';
import type { Recipe } from '../suite/preset.ts';
import { firstStep, specOf } from '../testing/first-step.ts';

it('the groups of a batch in micro-batches are those of the whole batch', async () => {
  const onnx = await getEngine('onnx').start({ threads: 1 });
  const lossOf = async (recipe: Partial<Recipe>) =>
    (await firstStep(onnx, specOf('h-scl', recipe, 'vit-tiny'))).number('loss');
  const grouped = await lossOf({ contrastiveGroup: 8 });
  const cached = await lossOf({ contrastiveGroup: 8, microBatch: 5 });
  expect(Math.abs(cached / grouped - 1)).toBeLessThan(1e-5);
  expect(Math.abs((await lossOf({})) / grouped - 1)).toBeGreaterThan(1e-3);
});
