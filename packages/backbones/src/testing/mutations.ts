/** For tests: randomly changed valid files. Opening one must give tensors or a typed error. */
import { expect } from 'vitest';
import { type WeightFile, WeightFileError } from '../weights/weight-file.ts';

/** The long run sets CLCE_MUTATIONS=100000. */
const MUTATIONS = Number(process.env['CLCE_MUTATIONS'] ?? 1000);
export const mutationsTitle = `answers ${MUTATIONS} random mutations with tensors or a WeightFileError`;

/** In bytes. A reader stays below this limit unless it allocates a size that a mutated file claims. */
const MOST_MEMORY = 2 ** 30;

/**
 * Opens mutations of a file and reads all tensors of each file that opens.
 *
 * @param structure number of bytes at the start; half of the changes hit them
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

/** Mutations of a file, the same at every call. */
export function* mutationsOf(valid: Uint8Array, structure: number): Generator<Uint8Array> {
  const random = generator(1);
  for (let k = 0; k < MUTATIONS; k++) yield mutated(valid, structure, random);
}

/** Random whole numbers below `limit`, from a linear congruential generator: its quality is sufficient here. */
function generator(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

/** Makes one to four changes: replaces a byte, flips a bit, cuts the end off, or appends a copy of the start. */
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
