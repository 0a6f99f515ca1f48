import { expect, it } from 'vitest';
import { dropPathScales } from './drop-path.ts';

const options = { rate: 0.5, branches: 6, images: 2000, seed: 3 };

it('drops nothing in the first block, ever more after it, and keeps the mean', () => {
  const { data, shape } = dropPathScales(options, 4);
  expect(shape).toEqual([2000, 6]);
  const column = (branch: number) => Array.from(data).filter((_, at) => at % 6 === branch);
  for (const branch of [0, 1]) expect(new Set(column(branch))).toEqual(new Set([1]));
  for (const [branch, kept] of [
    [2, 0.75],
    [3, 0.75],
    [4, 0.5],
    [5, 0.5],
  ] as const) {
    const scales = column(branch);
    expect(new Set(scales)).toEqual(new Set([0, Math.fround(1 / kept)]));
    // Four standard errors of the share that is kept.
    const share = scales.filter((scale) => scale > 0).length / scales.length;
    expect(Math.abs(share - kept)).toBeLessThan(4 * Math.sqrt((kept * (1 - kept)) / scales.length));
  }
});

it('is a function of seed and step', () => {
  const { data } = dropPathScales(options, 4);
  expect(Buffer.compare(bytes(dropPathScales(options, 4).data), bytes(data))).toBe(0);
  expect(Buffer.compare(bytes(dropPathScales(options, 5).data), bytes(data))).not.toBe(0);
  expect(Buffer.compare(bytes(dropPathScales({ ...options, seed: 4 }, 4).data), bytes(data))).not.toBe(0);
});

function bytes(data: ArrayBufferView): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
