import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { imageAt } from '../dataset.ts';
import { getDataset } from '../registry.ts';
import { splitWithReserve } from '../reserve/split-with-reserve.ts';
import { writePictures } from './write-pictures.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'clce-write-'));
});
afterEach(() => rmSync(root, { recursive: true }));
const icons = () => getDataset('icons').load({ dataRoot: process.env['CLCE_TEST_ICONS']!, size: 16 });

describe('pictures of a data set as files', () => {
  it('are the pixels of the first samples, and none of the reserve', async () => {
    const dataset = await icons();
    expect(await writePictures(dataset, root, { classes: 3, samples: 5 })).toEqual({
      classes: 3,
      pictures: 15,
    });
    const names = readdirSync(root);
    expect(names).toHaveLength(3);
    const { samples } = splitWithReserve(dataset, { side: 'development' });
    const free = samples.flatMap(({ partition }, row) => (partition === 'reserved' ? [] : [row]));
    const pixels = new Set(free.map((row) => Buffer.from(imageAt(dataset, row)).toString('base64')));
    const reserved = samples.flatMap(({ partition }, row) => (partition === 'reserved' ? [row] : []));
    const secret = new Set(reserved.map((row) => Buffer.from(imageAt(dataset, row)).toString('base64')));
    for (const name of names) {
      expect(readdirSync(join(root, name))).toEqual(['000.png', '001.png', '002.png', '003.png', '004.png']);
      for (const file of readdirSync(join(root, name))) {
        const raw = await sharp(readFileSync(join(root, name, file)))
          .raw()
          .toBuffer();
        expect(pixels.has(raw.toString('base64'))).toBe(true);
        expect(secret.has(raw.toString('base64'))).toBe(false);
      }
    }
  });

  it('go to an empty folder, and to no fewer classes than asked for', async () => {
    const dataset = await icons();
    await expect(writePictures(dataset, root, { classes: 100_000 })).rejects.toThrow(
      /icons has \d+ classes of 1 pictures or more outside its reserve, not 100000\.$/,
    );
    expect(readdirSync(root)).toEqual([]);
    writeFileSync(join(root, 'mine.txt'), '');
    await expect(writePictures(dataset, root, { classes: 1 })).rejects.toThrow(
      /is not empty; name a new folder\.$/,
    );
  });
});
