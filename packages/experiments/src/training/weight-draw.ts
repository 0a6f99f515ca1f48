/**
 * Random numbers of initial weights. They are standard normal and depend only on the seed, the tensor's name and the position.
 * Two losses with the same seed start from the same bytes.
 */
import { createHash } from 'node:crypto';
import type { NormalDraw } from '@clce/backbones';
import { counterRandom, RandomOperation } from '@clce/datasets';

export function weightDraw(seed: number): NormalDraw {
  const random = counterRandom(seed);
  return (tensor, count) => {
    const stream = createHash('sha256').update(tensor).digest().readUInt32LE(0);
    const unit = (position: number) => random.unit(RandomOperation.weights, stream, position);
    // Box & Muller 1958; 1 - u keeps the logarithm's argument above zero.
    return Float32Array.from(
      { length: count },
      (_, k) => Math.sqrt(-2 * Math.log(1 - unit(2 * k))) * Math.cos(2 * Math.PI * unit(2 * k + 1)),
    );
  };
}
