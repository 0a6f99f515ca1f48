/** For tests: valid files changed at random, which must give tensors or a typed error, and nothing else. */
import { expect } from 'vitest';
import { type WeightFile, WeightFileError } from '../weights/weight-file.ts';

/** CLCE_MUTATIONS=100000 is the long run; its rules are the same. */
const MUTATIONS = Number(process.env['CLCE_MUTATIONS'] ?? 1000);
export const mutationsTitle = `answers ${MUTATIONS} random mutations with tensors or a WeightFileError`;

/** More than a mutated file of this size can ask for without having been believed. */
const MOST_MEMORY = 2 ** 30;

/**
 * Opens mutations of a file and reads all tensors of those that open.
 *
 * @param structure bytes at the start that half of the changes hit
 */
export async function answersMutations(
  valid: Uint8Array,
  structure: number,
  open: (bytes: Uint8Array) => Promise<WeightFile>,
): Promise<void> {
  const outcomes = { read: 0, refused: 0 };
  for (const bytes of mutationsOf(valid, structure)) {
    try {
      const { tensors } = await open(bytes);
      for (const stored of tensors.values()) await stored.read();
      outcomes.read++;
    } catch (error) {
      if (!(error instanceof WeightFileError))
        throw new Error(`mutation ${outcomes.read + outcomes.refused}`, { cause: error });
      outcomes.refused++;
    }
  }
  expect(outcomes.read).toBeGreaterThan(0);
  expect(outcomes.refused).toBeGreaterThan(0);
  expect(process.memoryUsage.rss()).toBeLessThan(MOST_MEMORY);
}

/** The same ones at every call. */
export function* mutationsOf(valid: Uint8Array, structure: number): Generator<Uint8Array> {
  const random = generator(1);
  for (let k = 0; k < MUTATIONS; k++) yield mutated(valid, structure, random);
}

/** Numbers below `limit` (linear congruential; its quality does not matter here). */
function generator(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

/** One to four changes: a byte replaced, a bit flipped, the end cut off or repeated. */
function mutated(valid: Uint8Array, structure: number, random: (limit: number) => number): Uint8Array {
  let bytes = Uint8Array.from(valid);
  for (let changes = 1 + random(4); changes > 0 && bytes.length > 0; changes--) {
    const at = random(random(2) === 0 ? Math.min(bytes.length, structure) : bytes.length);
    const kind = random(10);
    if (kind < 5) bytes[at] = random(256);
    else if (kind < 8) bytes[at]! ^= 1 << random(8);
    else if (kind === 8) bytes = bytes.slice(0, at);
    else bytes = Uint8Array.from([...bytes, ...bytes.subarray(0, random(64))]);
  }
  return bytes;
}
