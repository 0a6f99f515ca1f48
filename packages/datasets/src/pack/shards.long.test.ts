import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openBatchLoader } from '../sampling/batch-loader.ts';
import { trainingBatches } from '../sampling/batches.ts';
import type { ChannelStatistics } from '../sampling/normalise.ts';
import { readPack, writeShardedPack } from './pack.ts';

it('memory stays flat over an epoch of 100,000 images', async () => {
  const [count, size, batchSize] = [100_000, 32, 100];
  const root = mkdtempSync(join(tmpdir(), 'clce-shards-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const path = join(root, 'many.pack');
  const content = {
    ...{ name: 'many', imageSize: size, classNames: ['all'], provenance: {} },
    samples: Array.from({ length: count }, (_, row) => ({ id: `s${row}`, label: 0 })),
    split: { base: [0], validation: [], novel: [] },
  };
  await writeShardedPack(path, content, 2 ** 25, async (from, to) =>
    new Uint8Array((to - from) * size ** 2 * 3).fill(from % 251),
  );
  const { dataset } = (await readPack(path))!;
  const statistics: ChannelStatistics = { mean: [0, 0, 0], std: [1, 1, 1] };
  const batches = trainingBatches({ dataset, classIndices: [0], batchSize, seed: 0, statistics });
  const loader = openBatchLoader(batches, { workers: 2 });
  const seen = new Uint8Array(count);
  const megabytes = () => process.memoryUsage.rss() / 2 ** 20;
  let warm = 0;
  let most = 0;
  for (let step = 0; step < batches.batchesPerEpoch; step++) {
    for (const row of (await loader.batchAt(step)).rows) seen[row]!++;
    if (step === 200) warm = megabytes();
    most = Math.max(most, megabytes());
  }
  await loader.close();
  expect(seen.every((times) => times === 1)).toBe(true);
  // All pixels are 293 MB; what is read and dropped may wait for the collector.
  expect(most - warm).toBeLessThan(100);
});
