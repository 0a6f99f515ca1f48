import { describe, expect, it } from 'vitest';
import { drawMix, mixPairs } from './mix.ts';
import { counterRandom } from './random.ts';

const random = counterRandom(7);
const SIZE = 32;
const many = Array.from({ length: 4000 }, (_, batch) => batch);

describe('the mix of a batch', () => {
  it('mixup: shares are Beta(α, α)', () => {
    const shares = many.map((batch) => drawMix(random, { mixup: 0.8 }, SIZE, 0, batch)!.ownShare);
    const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
    const variance = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / shares.length;
    // Var = 1 / (4 (2α + 1)); four standard errors, 0.31 / √4000, of the mean.
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.02);
    expect(Math.abs(variance - 1 / (4 * 2.6))).toBeLessThan(0.006);
    for (const share of shares) expect(share).toBeGreaterThanOrEqual(0);
  });

  it('cutmix: a box within the image, and the share that it leaves', () => {
    const boxes = many.map((batch) => drawMix(random, { cutmix: 1 }, SIZE, 0, batch)!);
    for (const { box, ownShare } of boxes) {
      const { top, bottom, left, right } = box!;
      for (const edge of [top, bottom, left, right]) expect(edge % 1).toBe(0);
      expect(Math.min(top, left, bottom - top, right - left)).toBeGreaterThanOrEqual(0);
      expect(Math.max(bottom, right)).toBeLessThanOrEqual(SIZE);
      expect(ownShare).toBeCloseTo(1 - ((bottom - top) * (right - left)) / SIZE ** 2, 12);
    }
    // Without the edges the mean share would be that of Beta(1, 1), a half; they cut boxes off.
    const mean = boxes.reduce((sum, { ownShare }) => sum + ownShare, 0) / boxes.length;
    expect(mean).toBeGreaterThan(0.55);
    expect(mean).toBeLessThan(0.8);
  });

  it('both: each about half of the batches; neither: no mix', () => {
    const both = many.map((batch) => drawMix(random, { mixup: 0.8, cutmix: 1 }, SIZE, 3, batch)!);
    const cut = both.filter(({ box }) => box !== undefined).length / both.length;
    expect(Math.abs(cut - 0.5)).toBeLessThan(0.04);
    expect(drawMix(random, {}, SIZE, 0, 0)).toBeUndefined();
    expect(drawMix(random, { mixup: 0.8, cutmix: 1 }, SIZE, 3, 17)).toEqual(both[17]);
  });
});

describe('mixing pairs', () => {
  // Three images of 2 × 2 pixels and one channel; the middle one has no partner but itself.
  const images = () => Float32Array.of(1, 2, 3, 4, 0, 0, 0, 0, 11, 12, 13, 14);

  it('averages all pixels by the share', () => {
    const mixed = images();
    mixPairs(mixed, 3, 2, { ownShare: 0.75 });
    expect([...mixed]).toEqual([3.5, 4.5, 5.5, 6.5, 0, 0, 0, 0, 8.5, 9.5, 10.5, 11.5]);
  });

  it('exchanges the box', () => {
    const mixed = images();
    mixPairs(mixed, 3, 2, { ownShare: 0.5, box: { top: 0, bottom: 2, left: 1, right: 2 } });
    expect([...mixed]).toEqual([1, 12, 3, 14, 0, 0, 0, 0, 11, 2, 13, 4]);
  });
});
