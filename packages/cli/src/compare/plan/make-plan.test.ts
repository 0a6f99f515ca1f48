import { expect, it } from 'vitest';
import { shareWithPositive } from './make-plan.ts';

it.each([
  // Of three others one is of the class: it is drawn as one of one, or as one of two.
  [[2, 2], 2, 1 / 3],
  [[2, 2], 3, 2 / 3],
  [[2, 2], 4, 1],
  [[1, 1, 1], 3, 0],
  [[5], 2, 1],
  // One class of one: three of four pictures may have a positive.
  [[3, 1], 2, (3 / 4) * (2 / 3)],
])('of classes of %j pictures, batches of %i: share with a positive %f', (counts, batchSize, share) => {
  expect(shareWithPositive(counts, batchSize)).toBeCloseTo(share, 12);
});
