/** Shared inputs and timers of the benchmarks. */
import { counterRandom, RandomOperation } from '@clce/datasets';
import { spread } from './interleave.ts';

/** `count` numbers of unit variance around zero, equal at every call. */
export function normal(count: number): Float32Array {
  const random = counterRandom(0);
  // For timing, a sum of uniform numbers is close enough to a normal one.
  return Float32Array.from({ length: count }, (_, k) => {
    const u = random.unit(RandomOperation.weights, 0, k);
    const v = random.unit(RandomOperation.weights, 1, k);
    return (u + v - 1) * Math.sqrt(6);
  });
}

/** Median time of `repeats` runs, after two runs that are not counted. The peers time themselves in the same way. */
export async function timeSteps(run: () => Promise<unknown>, repeats: number): Promise<{ ms: number }> {
  return { ms: spread((await timeInTurn([run], repeats)).flat()).median };
}

/** Milliseconds of runs in turn, after two rounds that are not counted; shape (repeats, runs). */
export async function timeInTurn(
  runs: readonly (() => Promise<unknown>)[],
  repeats: number,
): Promise<number[][]> {
  const rounds: number[][] = [];
  for (let k = -2; k < repeats; k++) {
    const times: number[] = [];
    for (const run of runs) {
      const start = performance.now();
      await run();
      times.push(performance.now() - start);
    }
    if (k >= 0) rounds.push(times);
  }
  return rounds;
}
