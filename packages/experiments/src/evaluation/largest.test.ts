import { counterRandom, RandomOperation } from '@clce/datasets';
import { expect, it } from 'vitest';
import { indicesOfLargest } from './largest.ts';

it('the largest entries come in the order of a stable sort, few or many, also where entries are equal', () => {
  const random = counterRandom(1);
  for (const different of [3, 1_000_000]) {
    for (let length = 1; length <= 40; length++) {
      const values = Float64Array.from({ length }, (_, at) =>
        random.below(different, RandomOperation.weights, length, at),
      );
      const except = random.below(length, RandomOperation.weights, length, length);
      const sorted = [...values.keys()].sort((a, b) => values[b]! - values[a]!);
      for (const count of [1, Math.ceil(length / 3), length]) {
        expect([...indicesOfLargest(values, count)]).toEqual(sorted.slice(0, count));
      }
      expect([...indicesOfLargest(values, length - 1, except)]).toEqual(
        sorted.filter((place) => place !== except),
      );
    }
  }
});
