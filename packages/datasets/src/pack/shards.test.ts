/** Sets in shards: the same images as in memory, whatever is interrupted, and damage is noticed. */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Dataset, imageAt } from '../dataset.ts';
import { getDataset } from '../registry.ts';
import { openBatchLoader } from '../sampling/batch-loader.ts';
import { type TrainingOptions, trainingBatches } from '../sampling/batches.ts';

const SIZE = 8;
const IMAGE = SIZE ** 2 * 3;
const CLASSES = 6;
const EACH = 5;

let root: string;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'clce-shards-'));
  for (let label = 0; label < CLASSES; label++) {
    const folder = join(root, 'folder', 'extracted', `class-${label}`);
    mkdirSync(folder, { recursive: true });
    for (let k = 0; k < EACH; k++) {
      const pixels = Uint8Array.from({ length: 12 * 10 * 3 }, (_, at) => (at * (label + 3) + 31 * k) % 256);
      const png = sharp(pixels, { raw: { width: 12, height: 10, channels: 3 } }).png();
      writeFileSync(join(folder, `${k}.png`), await png.toBuffer());
    }
  }
});
afterEach(() => rmSync(root, { recursive: true }));

/** Seven images a shard: five shards, the last with two. */
const sharded = (more: object = {}): Promise<Dataset> =>
  getDataset('folder').load({
    dataRoot: root,
    size: SIZE,
    shardedFrom: 1,
    shardBytes: 7 * IMAGE + 5,
    ...more,
  });
const whole = (): Promise<Dataset> => getDataset('folder').load({ dataRoot: root, size: SIZE });
const shards = () => join(root, 'folder', `folder-${SIZE}.shards`);
const files = () => readdirSync(shards()).filter((name) => !name.endsWith('.json'));
const imagesOf = (dataset: Dataset) =>
  dataset.samples.map((_, row) => Buffer.from(imageAt(dataset, row)).toString('hex'));

describe('a set in shards', () => {
  it('has the images of the set in memory', async () => {
    const expected = imagesOf(await whole());
    rmSync(join(root, 'folder', `folder-${SIZE}.pack`));
    const dataset = await sharded();
    expect(dataset.pixels).toMatchObject({ kind: 'shards', rowsPerShard: 7 });
    expect(files()).toEqual(['0000', '0001', '0002', '0003', '0004']);
    expect(imagesOf(dataset)).toEqual(expected);
    expect((await sharded()).manifestHash).toBe(dataset.manifestHash);
  });

  it('gives the same batches, from threads too', async () => {
    const options = (dataset: Dataset): TrainingOptions => ({
      ...{ dataset, classIndices: dataset.split.base, batchSize: 4, seed: 1 },
      statistics: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
    });
    const expected = trainingBatches(options(await whole())).batchAt(2).images;
    rmSync(join(root, 'folder', `folder-${SIZE}.pack`));
    const loader = openBatchLoader(trainingBatches(options(await sharded())), { workers: 2 });
    expect(Buffer.from((await loader.batchAt(2)).images.buffer).equals(Buffer.from(expected.buffer))).toBe(
      true,
    );
    await loader.close();
  });

  it('continues after the last whole shard', async () => {
    const seen: number[] = [];
    const stop = (done: number) => {
      seen.push(done);
      if (done === 17) throw new Error('killed');
    };
    await expect(sharded({ onProgress: stop })).rejects.toThrow('killed');
    expect(files()).toEqual(['0000', '0001']);
    const times = files().map((name) => statSync(join(shards(), name)).mtimeMs);
    // As if the second had been cut off by a crash of the machine.
    truncateSync(join(shards(), '0001'), 100);
    const decoded: number[] = [];
    const dataset = await sharded({ onProgress: (done: number) => decoded.push(done) });
    expect(Math.min(...decoded)).toBe(8);
    expect(statSync(join(shards(), '0000')).mtimeMs).toBe(times[0]);
    expect(statSync(join(shards(), '0001')).size).toBe(7 * IMAGE);
    expect(imagesOf(dataset)).toEqual(imagesOf(await whole()));
  });

  it('opening the set detects a truncated or missing shard', async () => {
    await sharded();
    truncateSync(join(shards(), '0004'), IMAGE);
    await expect(sharded()).rejects.toMatchObject({
      fault: 'corrupt',
      message: expect.stringMatching(/0004 has 192 bytes, expected 384/),
    });
    rmSync(join(shards(), '0002'));
    await expect(sharded()).rejects.toMatchObject({
      message: expect.stringMatching(/0002 has no bytes, expected 1344/),
    });
  });

  it('reading an image detects a flipped bit in it; opening the set does not', async () => {
    const dataset = await sharded();
    const path = join(shards(), '0001');
    const bytes = readFileSync(path);
    bytes[3 * IMAGE + 50]! ^= 4;
    writeFileSync(path, bytes);
    expect(() => imageAt(dataset, 9)).not.toThrow();
    expect(() => imageAt(dataset, 10)).toThrow(/0001: image 10 differs from the written one/);
  });

  it('other pictures make other shards', async () => {
    const before = imagesOf(await sharded());
    rmSync(join(root, 'folder', 'extracted', 'class-0', '0.png'));
    const after = await sharded();
    expect(after.samples).toHaveLength(CLASSES * EACH - 1);
    expect(imagesOf(after)).toEqual(before.slice(1));
  });
});
