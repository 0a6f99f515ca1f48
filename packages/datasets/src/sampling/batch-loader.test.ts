import { createHash } from 'node:crypto';
import type { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import type { Dataset } from '../dataset.ts';
import { DatasetError } from '../errors.ts';
import { type BatchLoader, type LoaderOptions, openBatchLoader } from './batch-loader.ts';
import { type Batch, type TrainingOptions, trainingBatches } from './batches.ts';

const SIZE = 8;
const COUNT = 100;

const dataset: Dataset = {
  name: 'noise',
  manifestHash: '0',
  imageSize: SIZE,
  channels: 3,
  classNames: ['a', 'b', 'c', 'd'],
  samples: Array.from({ length: COUNT }, (_, row) => ({ id: `s${row}`, label: row % 4 })),
  split: { base: [0, 1, 2, 3], validation: [], novel: [] },
  pixels: Uint8Array.from({ length: COUNT * SIZE ** 2 * 3 }, (_, k) => (k * 7919) % 251),
};
const options: TrainingOptions = {
  dataset,
  classIndices: [0, 1, 2, 3],
  batchSize: 16,
  seed: 5,
  statistics: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
  augmentation: {
    resizedCrop: [0.4, 1],
    colourJitter: { brightness: 0.4, hue: 0.1 },
    randAugment: { operations: 2, magnitude: 9 },
    erasing: 0.25,
  },
  mixing: { mixup: 0.8, cutmix: 1 },
  views: 2,
};
const batches = trainingBatches(options);
/** More than two epochs. */
const STEPS = 15;

const open: BatchLoader[] = [];
function loader(workers: number, more: Partial<LoaderOptions> = {}): BatchLoader {
  const made = openBatchLoader(batches, { workers, end: STEPS, ...more });
  open.push(made);
  return made;
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

function digest({ images, labels, rows, minority }: Batch): string {
  const hash = createHash('sha256');
  for (const array of [images, labels, rows, minority?.labels ?? new Int32Array(0)]) {
    hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  }
  return hash.update(String(minority?.share)).digest('hex');
}

async function digests(from: BatchLoader, steps: readonly number[]): Promise<string[]> {
  const found: string[] = [];
  for (const step of steps) found.push(digest(await from.batchAt(step)));
  return found;
}

const all = Array.from({ length: STEPS }, (_, step) => step);
const expected = all.map((step) => digest(batches.batchAt(step)));

describe('openBatchLoader', () => {
  it.each([0, 1, 4])('gives the same bytes with %i workers', async (workers) => {
    expect(new Set(expected).size).toBe(STEPS);
    expect(await digests(loader(workers), all)).toEqual(expected);
  });

  it.each([0, 2])('goes on in the middle of an epoch, and back, with %i workers', async (workers) => {
    const resumed = loader(workers);
    expect(await digests(resumed, all.slice(7))).toEqual(expected.slice(7));
    expect(await digests(resumed, [2, 11, 3])).toEqual([expected[2], expected[11], expected[3]]);
  });

  it('prepares the first batches before the first request', async () => {
    let made = 0;
    const onThread = (thread: Worker) => thread.on('message', () => made++);
    const threads = loader(1, { ahead: 2, first: 3, onThread });
    await expect.poll(() => made).toBe(3);
    expect(await digests(threads, all.slice(3))).toEqual(expected.slice(3));
  });

  it('replaces a dead worker, and no sample is lost or doubled', async () => {
    const started: Worker[] = [];
    const threads = loader(2, { ahead: 6, onThread: (thread) => started.push(thread) });
    const found: string[] = [];
    for (const step of all) {
      const batch = threads.batchAt(step);
      // Twice in the middle of the work: one of the first two, then the one that replaced it.
      if (step === 4) await started[0]!.terminate();
      if (step === 9) await started[2]!.terminate();
      found.push(digest(await batch));
    }
    expect(found).toEqual(expected);
    expect(started).toHaveLength(4);
  });

  it('gives up when workers die repeatedly, and says why', async () => {
    const threads = loader(1, { onThread: (thread) => void thread.terminate() });
    await expect(threads.batchAt(0)).rejects.toThrow(/died 4 times, last with: exit code \d; run with fewer/);
  });

  it('reports an error only for the batch in which it occurs', async () => {
    const threads = loader(1);
    await expect(threads.batchAt(-1)).rejects.toMatchObject({
      constructor: DatasetError,
      fault: 'request',
      message: expect.stringContaining('A step is a whole number from 0, not -1'),
    });
    expect(digest(await threads.batchAt(3))).toBe(expected[3]);
  });
});
