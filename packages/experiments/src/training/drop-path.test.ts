import { drawMasks } from '@clce/engine';
import { expect, it } from 'vitest';
import { dropPathMasks } from './drop-path.ts';

it('drops nothing in the first block and ever more after it, two branches a block', () => {
  const masks = dropPathMasks(0.5, 6, 2000);
  expect(Object.keys(masks)).toEqual([
    'branch.0',
    'branch.1',
    'branch.2',
    'branch.3',
    'branch.4',
    'branch.5',
  ]);
  expect(Object.values(masks).map(({ keep }) => keep)).toEqual([1, 1, 0.75, 0.75, 0.5, 0.5]);
  const drawn = drawMasks(masks, { seed: 3, step: 4 });
  for (const [name, { keep }] of Object.entries(masks)) {
    const scales = Array.from(drawn[name]!.data);
    expect(drawn[name]!.shape).toEqual([2000, 1, 1]);
    // Four standard errors of the share that is kept.
    const share = scales.filter((scale) => scale > 0).length / scales.length;
    expect(Math.abs(share - keep)).toBeLessThanOrEqual(4 * Math.sqrt((keep * (1 - keep)) / scales.length));
  }
});

it('a single block is the last', () => {
  expect(dropPathMasks(0.2, 2, 1)['branch.1']!.keep).toBeCloseTo(0.8, 12);
});
