import { float32 } from '@clce/engine';
import { expect, it } from 'vitest';
import { resizePositions } from './resize-positions.ts';

const BEFORE = 3;
const WIDTH = 2;

it('keeps a grid of the same size, and refuses one that is no square', () => {
  const table = float32(
    [1, BEFORE + 16, WIDTH],
    Array.from({ length: (BEFORE + 16) * WIDTH }, (_, k) => Math.sin(1 + k * 1.7)),
  );
  expect(resizePositions(table, BEFORE + 16, { before: BEFORE, antialias: true })).toEqual(table);
  expect(() => resizePositions(table, BEFORE + 15, { before: BEFORE, antialias: true })).toThrow(
    '15 positions',
  );
});
