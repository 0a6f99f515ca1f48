import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Dataset } from '../dataset.ts';
import { getDataset } from '../registry.ts';
import { trainingBatches } from '../sampling/batches.ts';
import { channelStatistics } from '../sampling/normalise.ts';
import { wholePixels } from '../testing/whole-pixels.ts';

const root = mkdtempSync(join(tmpdir(), 'clce-by-author-'));
let dataset: Dataset;
beforeAll(async () => {
  cpSync(process.env['CLCE_TEST_ICONS']!, root, { recursive: true });
  dataset = await getDataset('icons-by-author').load({ dataRoot: root, size: 32 });
});
afterAll(() => rmSync(root, { recursive: true }));

it('no author draws on both sides, and every concept is on both', () => {
  const sides = { train: new Set<string>(), test: new Set<string>() };
  const labels = { train: new Set<number>(), test: new Set<number>() };
  for (const { author, label, partition } of dataset.samples) {
    const side = partition as 'train' | 'test';
    sides[side].add(author!);
    labels[side].add(label);
  }
  expect(sides.test.size).toBe(15);
  expect([...sides.test].filter((author) => sides.train.has(author))).toEqual([]);
  expect(labels.train.size).toBe(dataset.classNames.length);
  expect(labels.test.size).toBe(dataset.classNames.length);
});

it('training delivers no drawing of a test author', () => {
  const { split } = dataset;
  const statistics = channelStatistics(dataset, split.base);
  const batches = trainingBatches({ dataset, classIndices: split.base, batchSize: 256, seed: 1, statistics });
  let batch = batches.batchAt(0);
  for (let step = 0; step < 2 * batches.batchesPerEpoch; step++) {
    batch = batches.batchAt(step, batch);
    for (const row of batch.rows) expect(dataset.samples[row]!.partition).toBe('train');
  }
});

it('is another data set than icons', async () => {
  const icons = await getDataset('icons').load({ dataRoot: root, size: 32 });
  expect(dataset.manifestHash).not.toBe(icons.manifestHash);
  expect(Buffer.compare(wholePixels(dataset), wholePixels(icons))).toBe(0);
});
