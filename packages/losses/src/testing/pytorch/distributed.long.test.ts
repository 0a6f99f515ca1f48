/** `gather_batch` of python/clce.py: two gloo processes with half a batch each are one process with the whole batch. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { env, FOLDER, PYTHON, torchThere } from './start-program.ts';

/** See distributed.py. */
interface Evaluated {
  readonly loss: number;
  readonly contrastive: number;
  readonly positives?: number;
  readonly parameters: number[];
  readonly embeddings: number[][];
}
type ByWay = Readonly<Record<string, Evaluated>>;

// The two halves have one sample of each class: without the other half, no sample has a positive.
const batch = {
  inputs: Array.from({ length: 8 }, (_, i) =>
    [0, 1, 2, 3].map((j) => Math.sin(1.7 * i + 2.3 * j + 0.1 * i * j)),
  ),
  labels: [0, 1, 2, 3, 3, 1, 0, 2],
};

describe.skipIf(!torchThere())('two processes (skipped without Debian’s python3-torch)', () => {
  let one: ByWay;
  let byRank: readonly (ByWay & { readonly unequal: string })[];
  beforeAll(() => {
    const program = fileURLToPath(new URL('./distributed.py', import.meta.url));
    const input = JSON.stringify(batch);
    ({ one, byRank } = JSON.parse(execFileSync(PYTHON, [program, FOLDER], { input, env, encoding: 'utf8' })));
    expect(byRank).toHaveLength(2);
  });

  it.each(['gathered', 'contrastive inputs gathered', 'no positives'])(
    '%s: DistributedDataParallel’s gradient is that of the whole batch',
    (way) => {
      const whole = one[way]!;
      expect(Math.max(...whole.parameters.map(Math.abs))).toBeGreaterThan(1e-3);
      for (const rank of byRank) {
        expect(rank[way]!.contrastive).toBeCloseTo(whole.contrastive, 5);
        expectNear(rank[way]!.parameters, whole.parameters);
      }
    },
  );

  it.each(['gathered', 'gathered in autocast'])(
    '%s: every process has the loss of the whole batch',
    (way) => {
      for (const rank of byRank) {
        expect(rank[way]!.loss).toBeCloseTo(one[way]!.loss, 5);
        expect(rank[way]!.positives).toBe(1);
      }
    },
  );

  it.each(['gathered', 'gathered in autocast'])(
    '%s: a process has twice the gradient of its rows, which the average of the processes halves',
    (way) => {
      const rows = byRank.flatMap((rank) => rank[way]!.embeddings);
      expectNear(
        rows.flat(),
        one[way]!.embeddings.flat().map((x) => 2 * x),
      );
    },
  );

  it('without gather_batch there are no positives, and the gradient is another', () => {
    const whole = one['not gathered']!;
    for (const rank of byRank) {
      expect(rank['not gathered']!.positives).toBe(0);
      const difference = Math.max(
        ...rank['not gathered']!.parameters.map((x, i) => Math.abs(x - whole.parameters[i]!)),
      );
      expect(difference).toBeGreaterThan(0.1 * Math.max(...whole.parameters.map(Math.abs)));
    }
  });

  it('both processes refuse batches of different sizes', () => {
    expect(byRank.map(({ unequal }) => unequal)).toEqual(
      [2, 3].map(
        (own) =>
          `gather_batch needs the same number of rows in every tensor of every process, got [${own}] here and [2, 3] by rank (-1: tensors that differ)`,
      ),
    );
  });
});

function expectNear(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  const largest = Math.max(...expected.map(Math.abs));
  const difference = Math.max(...actual.map((x, i) => Math.abs(x - expected[i]!)));
  expect(difference).toBeLessThanOrEqual(1e-5 * largest);
}
