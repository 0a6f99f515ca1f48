import { expect, it } from 'vitest';
import { hedgesCorrection } from './effect-size.ts';

// By hand: ν = 9, 1 − 3 / 35 = 32 / 35.
it('shrinks an effect of ten pairs by 32/35, and refuses two', () => {
  expect(hedgesCorrection(-1.2845575625910546, 10)).toBeCloseTo((-1.2845575625910546 * 32) / 35, 14);
  expect(() => hedgesCorrection(1, 2)).toThrow('got 2');
});
