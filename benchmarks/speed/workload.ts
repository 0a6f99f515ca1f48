/** Inputs and timing that the benchmarks share. */
import { counterRandom, RandomOperation } from '@clce/datasets';

/** `count` numbers of unit variance around zero, the same at every call. */
export function normal(count: number): Float32Array {
  const random = counterRandom(0);
  // A sum of uniforms is near enough to a normal for timing.
  return Float32Array.from({ length: count }, (_, k) => {
    const u = random.unit(RandomOperation.weights, 0, k);
    const v = random.unit(RandomOperation.weights, 1, k);
    return (u + v - 1) * Math.sqrt(6);
  });
}

/** Median time of `repeats` runs after two that do not count, as the peers time themselves. */
export async function timeSteps(run: () => Promise<unknown>, repeats: number): Promise<{ ms: number }> {
  const times: number[] = [];
  for (let k = 0; k < repeats + 2; k++) {
    const start = performance.now();
    await run();
    if (k > 1) times.push(performance.now() - start);
  }
  return { ms: times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)]! };
}
