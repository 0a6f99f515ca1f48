import { describe, expect, it } from 'vitest';
import { counterRandom, RandomOperation } from '../sampling/random.ts';
import type { Image } from './image.ts';
import { augmented, drawErased, drawWindow, type Policy } from './policy.ts';

const SIZE = 32;
const random = counterRandom(3);
const places = Array.from({ length: 2000 }, (_, position) => ({ epoch: 1, position }));
const image: Image = {
  size: SIZE,
  pixels: Uint8Array.from({ length: SIZE ** 2 * 3 }, (_, k) => (k * 7919) % 251),
};

describe('windows', () => {
  it('lie in the image, with shares of its area and ratios of the given range', () => {
    const windows = places.map((place) => drawWindow(SIZE, [0.2, 0.8], random, place));
    for (const { top, left, height, width } of windows) {
      expect(Math.min(top, left)).toBeGreaterThanOrEqual(0);
      expect(Math.max(top + height, left + width)).toBeLessThanOrEqual(SIZE);
      // Sides are whole pixels: half a pixel more or less.
      expect((height - 0.5) * (width - 0.5)).toBeLessThan(0.8 * SIZE ** 2);
      expect((height + 0.5) * (width + 0.5)).toBeGreaterThan(0.2 * SIZE ** 2);
      expect((width - 0.5) / (height + 0.5)).toBeLessThan(4 / 3);
      expect((width + 0.5) / (height - 0.5)).toBeGreaterThan(3 / 4);
    }
    const meanShare =
      windows.reduce((sum, { height, width }) => sum + (height * width) / SIZE ** 2, 0) / places.length;
    // Uniform in the range; large ones that are not square fit less often.
    expect(meanShare).toBeGreaterThan(0.47);
    expect(meanShare).toBeLessThan(0.51);
  });

  it('are erased as often as asked', () => {
    const erased = places.filter((place) => drawErased(SIZE, 0.25, random, place) !== undefined);
    expect(erased.length / places.length).toBeCloseTo(0.25, 1);
    expect(drawErased(SIZE, undefined, random, places[0]!)).toBeUndefined();
    expect(drawErased(SIZE, 0, random, places[0]!)).toBeUndefined();
  });
});

describe('augmented', () => {
  const policies: Record<string, Policy> = {
    'a resized crop': { resizedCrop: [0.3, 0.9] },
    'colour jitter': { colourJitter: { brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 } },
    RandAugment: { randAugment: { operations: 2, magnitude: 9 } },
  };
  it.each(Object.entries(policies))(
    '%s depends on seed, epoch and position, and on nothing else',
    (_, policy) => {
      const before = Uint8Array.from(image.pixels);
      const pixelsAt = (position: number, epoch = 1, seed = 3) =>
        Buffer.from(augmented(image, policy, counterRandom(seed), { epoch, position }).pixels).toString(
          'hex',
        );
      const first = Array.from({ length: 20 }, (_unused, position) => pixelsAt(position));
      // RandAugment has the identity among its operations.
      expect(new Set(first).size).toBeGreaterThan(15);
      expect(first.toReversed()).toEqual(Array.from({ length: 20 }, (_unused, k) => pixelsAt(19 - k)));
      expect(first).not.toEqual(Array.from({ length: 20 }, (_unused, k) => pixelsAt(k, 2)));
      expect(first).not.toEqual(Array.from({ length: 20 }, (_unused, k) => pixelsAt(k, 1, 4)));
      expect(image.pixels).toEqual(before);
    },
  );

  it('colour jitter applies its operations in every order', () => {
    const strong = { colourJitter: { brightness: 0.9, contrast: 0.9, saturation: 0.9, hue: 0.5 } };
    const results = places.slice(0, 200).map((place) => augmented(image, strong, random, place).pixels[100]!);
    expect(new Set(results).size).toBeGreaterThan(40);
  });
});

it('numbers of one place begin with the one that `unit` gives, and are all different', () => {
  const units = random.units(9, RandomOperation.randAugment, 2, 5);
  expect(units[0]).toBe(random.unit(RandomOperation.randAugment, 2, 5));
  expect(new Set(units).size).toBe(9);
  expect(random.units(4, RandomOperation.randAugment, 2, 5, 3)).toEqual(units.slice(3, 7));
  for (const unit of units) expect(unit >= 0 && unit < 1).toBe(true);
});
