import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { counterRandom, philox4x32, RandomOperation } from './random.ts';

const { shuffle, flip } = RandomOperation;

describe('philox4x32', () => {
  // Known answers that Salmon et al. publish with their implementation (Random123, kat_vectors, philox4x32 10).
  it.each([
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ])('maps counter %j under key %j to the published words', (counter, key, expected) => {
    const out = new Uint32Array(4);
    philox4x32(Uint32Array.from(counter), Uint32Array.from(key), out);
    expect([...out]).toEqual(expected);
  });

  it('equals a slow version in big integers', () => {
    const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    fc.assert(
      fc.property(fc.tuple(word, word, word, word), fc.tuple(word, word), (counter, key) => {
        const out = new Uint32Array(4);
        philox4x32(Uint32Array.from(counter), Uint32Array.from(key), out);
        expect([...out]).toEqual(slowPhilox(counter, key));
      }),
    );
  });
});

describe('counterRandom', () => {
  it('gives the same draw whatever was drawn before', () => {
    const fresh = counterRandom(7).below(1000, flip, 3, 5);
    const used = counterRandom(7);
    used.unit(shuffle, 0, 0);
    used.permutation(10, shuffle, 1);
    expect(used.below(1000, flip, 3, 5)).toBe(fresh);
  });

  it('changes with seed, operation, epoch and position, and with the high bits of the seed', () => {
    const draws = [
      counterRandom(1).unit(flip, 0, 0),
      counterRandom(2).unit(flip, 0, 0),
      counterRandom(1 + 2 ** 32).unit(flip, 0, 0),
      counterRandom(1).unit(shuffle, 0, 0),
      counterRandom(1).unit(flip, 1, 0),
      counterRandom(1).unit(flip, 0, 1),
    ];
    expect(new Set(draws).size).toBe(draws.length);
  });

  it('draws whole numbers uniformly (chi-squared, 6 degrees of freedom, p = 0.001)', () => {
    const counts = new Array<number>(7).fill(0);
    const draws = 70_000;
    const random = counterRandom(11);
    for (let i = 0; i < draws; i++) counts[random.below(7, flip, 0, i)]!++;
    const expected = draws / 7;
    const chiSquared = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(chiSquared).toBeLessThan(22.458);
  });

  it('rejects the words that would favour small results', () => {
    // For a bound of 2^32 - 1 only one word is rejected; for 2^31 + 1 nearly half are, so later words get used.
    const random = counterRandom(3);
    let sum = 0;
    for (let i = 0; i < 20_000; i++) {
      const draw = random.below(2 ** 31 + 1, flip, 0, i);
      expect(draw).toBeLessThanOrEqual(2 ** 31);
      sum += draw / 2 ** 31;
    }
    expect(sum / 20_000).toBeCloseTo(0.5, 2);
  });

  it('draws fractions with the mean and variance of the uniform distribution', () => {
    const random = counterRandom(5);
    const draws = Array.from({ length: 20_000 }, (_, i) => random.unit(flip, 2, i));
    const mean = draws.reduce((a, b) => a + b, 0) / draws.length;
    const variance = draws.reduce((sum, draw) => sum + (draw - mean) ** 2, 0) / draws.length;
    expect(Math.min(...draws)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...draws)).toBeLessThan(1);
    expect(mean).toBeCloseTo(1 / 2, 2);
    expect(variance).toBeCloseTo(1 / 12, 2);
  });

  it('permutes: every index once, for any length, seed and epoch', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(), fc.nat(), (length, seed, epoch) => {
        const order = [...counterRandom(seed).permutation(length, shuffle, epoch)];
        expect(order.sort((a, b) => a - b)).toEqual(Array.from({ length }, (_, i) => i));
      }),
    );
  });

  it('makes each of the six orders of three equally often (chi-squared, p = 0.001)', () => {
    const counts = new Map<string, number>();
    const random = counterRandom(9);
    for (let epoch = 0; epoch < 12_000; epoch++) {
      const order = random.permutation(3, shuffle, epoch).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    const chiSquared = [...counts.values()].reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0);
    expect(counts.size).toBe(6);
    expect(chiSquared).toBeLessThan(20.515);
  });

  it.each([-1, 0.5, Number.NaN, 2 ** 53])('refuses the seed %d', (seed) => {
    expect(() => counterRandom(seed)).toThrow('A seed is a whole number');
  });

  it.each([0, 1.5, 2 ** 32 + 1])('refuses the bound %d', (bound) => {
    expect(() => counterRandom(0).below(bound, flip, 0, 0)).toThrow('A bound is a whole number');
  });

  it('accepts the largest bound', () => {
    expect(counterRandom(0).below(2 ** 32, shuffle, 0, 0)).toBe(0x6627e8d5);
  });
});

function slowPhilox(counter: readonly number[], key: readonly number[]): number[] {
  const mask = 0xffffffffn;
  let [c0, c1, c2, c3] = counter.map(BigInt) as [bigint, bigint, bigint, bigint];
  let [k0, k1] = key.map(BigInt) as [bigint, bigint];
  for (let round = 0; round < 10; round++) {
    const product0 = 0xd2511f53n * c0;
    const product1 = 0xcd9e8d57n * c2;
    [c0, c1, c2, c3] = [
      (product1 >> 32n) ^ c1 ^ k0,
      product1 & mask,
      (product0 >> 32n) ^ c3 ^ k1,
      product0 & mask,
    ];
    k0 = (k0 + 0x9e3779b9n) & mask;
    k1 = (k1 + 0xbb67ae85n) & mask;
  }
  return [c0, c1, c2, c3].map(Number);
}
