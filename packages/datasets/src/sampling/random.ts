// Random numbers without state. A draw depends only on the seed and on its address: operation, epoch and position. So it
// does not depend on the order of draws, on the process or on a resume.
//
// The generator is Philox4x32-10 of Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011: ten rounds
// of a keyed bijection on 128-bit counters. It passes BigCrush; its known-answer vectors are in random.test.ts.
// The key is the seed; the counter is (block, position, epoch, operation).

/** Purposes of draws. Two operations never share a counter. The numbers affect every result, so they must not change. */
export const RandomOperation = {
  shuffle: 0,
  cropTop: 1,
  cropLeft: 2,
  flip: 3,
  episodeClasses: 4,
  episodeSamples: 5,
  weights: 6,
  setAside: 7,
  reference: 8,
  classGroups: 9,
  embeddingSample: 10,
  mix: 11,
  resizedCrop: 12,
  colourJitter: 13,
  randAugment: 14,
  erasing: 15,
} as const;
export type RandomOperation = (typeof RandomOperation)[keyof typeof RandomOperation];

/** Draws of one seed. `epoch` and `position` are unsigned 32-bit integers. */
export interface CounterRandom {
  /** Uniform integer in [0, bound), exactly; bound in 1 … 2^32. */
  below(bound: number, operation: RandomOperation, epoch: number, position: number): number;
  /** Uniform in [0, 1), a multiple of 2^-53. */
  unit(operation: RandomOperation, epoch: number, position: number): number;
  /** `count` uniform numbers of one address, from number `from` on. Number 0 equals the result of `unit`. */
  units(
    count: number,
    operation: RandomOperation,
    epoch: number,
    position: number,
    from?: number,
  ): Float64Array;
  /** Uniformly shuffled 0 … length-1 (Fisher–Yates). */
  permutation(length: number, operation: RandomOperation, epoch: number): Uint32Array;
}

/** @param seed a whole number in 0 … 2^53-1 */
export function counterRandom(seed: number): CounterRandom {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(`A seed is a whole number from 0 to ${Number.MAX_SAFE_INTEGER}, not ${seed}.`);
  }
  const key = Uint32Array.of(seed, Math.floor(seed / 2 ** 32));
  const counter = new Uint32Array(4);
  const words = new Uint32Array(4);

  function fill(block: number, operation: number, epoch: number, position: number): void {
    counter[0] = block;
    counter[1] = position;
    counter[2] = epoch;
    counter[3] = operation;
    philox4x32(counter, key, words);
  }

  const random: CounterRandom = {
    // Multiplication with rejection (Lemire, "Fast random integer generation in an interval", 2019).
    below(bound, operation, epoch, position) {
      if (!Number.isInteger(bound) || bound < 1 || bound > 2 ** 32) {
        throw new RangeError(`A bound is a whole number from 1 to 2^32, not ${bound}.`);
      }
      const rejected = 2 ** 32 % bound;
      for (let block = 0; ; block++) {
        fill(block, operation, epoch, position);
        for (const word of words) {
          if (bound === 2 ** 32) return word;
          if (Math.imul(word, bound) >>> 0 >= rejected) return multiplyHigh(word, bound);
        }
      }
    },
    unit(operation, epoch, position) {
      fill(0, operation, epoch, position);
      return unitOf(words[0]!, words[1]!);
    },
    units(count, operation, epoch, position, from = 0) {
      const units = new Float64Array(count);
      for (let k = 0; k < count; k++) {
        const [block, half] = [Math.floor((from + k) / 2), (from + k) % 2];
        if (half === 0 || k === 0) fill(block, operation, epoch, position);
        units[k] = unitOf(words[2 * half]!, words[2 * half + 1]!);
      }
      return units;
    },
    permutation(length, operation, epoch) {
      const order = Uint32Array.from({ length }, (_, i) => i);
      for (let i = length - 1; i > 0; i--) {
        const j = random.below(i + 1, operation, epoch, i);
        const swapped = order[i]!;
        order[i] = order[j]!;
        order[j] = swapped;
      }
      return order;
    },
  };
  return random;
}

function unitOf(high: number, low: number): number {
  return ((high >>> 5) * 2 ** 26 + (low >>> 6)) / 2 ** 53;
}

/**
 * One block of Philox4x32-10.
 * @param counter shape (4); @param key shape (2); @param out shape (4), overwritten
 */
export function philox4x32(counter: Uint32Array, key: Uint32Array, out: Uint32Array): void {
  let [c0, c1, c2, c3] = [counter[0]!, counter[1]!, counter[2]!, counter[3]!];
  let [k0, k1] = [key[0]!, key[1]!];
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd2511f53, c0);
    const low0 = Math.imul(0xd2511f53, c0);
    const high1 = multiplyHigh(0xcd9e8d57, c2);
    const low1 = Math.imul(0xcd9e8d57, c2);
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1 >>> 0;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0 >>> 0;
    // The golden ratio and sqrt(3) - 1, as 32-bit fractions (Weyl sequence of the key).
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** Upper 32 bits of the 64-bit product of two unsigned 32-bit integers, from 16-bit halves. */
function multiplyHigh(a: number, b: number): number {
  const [aLow, aHigh, bLow, bHigh] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16];
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = (middle & 0xffff) + aLow * bHigh;
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000)) >>> 0;
}
