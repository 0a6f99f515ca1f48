import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dataset } from '../dataset.ts';
import { splitWithReserve } from '../reserve/split-with-reserve.ts';
import { describeDataset } from '../testing/describe-dataset.ts';
import { clouds, place, placeClouds } from '../testing/pictures.ts';
import { wholePixels } from '../testing/whole-pixels.ts';
import { findPictures } from './files/find-pictures.ts';
import { unchangedBytes } from './inspect.ts';
import { pictureFolder } from './picture-folder.ts';

const SIZE = 16;
let root: string;
let folder: string;
let dataset: Dataset;
const load = { size: SIZE } as const;
const options = () => ({ ...load, dataRoot: join(root, 'data') });
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'clce-picture-folder-'));
  folder = join(root, 'photos');
  await placeClouds(folder, { cats: 20, dogs: 20, 'sea lions': 20 });
  const scaled = await sharp(await clouds(1).png().toBuffer())
    .resize(49)
    .png()
    .toBuffer();
  await place(folder, {
    // Copies of the first cat.
    'dogs/a cat.jpg': await clouds(1).jpeg({ quality: 70 }).toBuffer(),
    'sea lions/scaled.png': await sharp(scaled)
      .extract({ left: 0, top: 0, width: 48, height: 48 })
      .png()
      .toBuffer(),
    'cats/on its side.jpg': await sharp({
      create: { width: 40, height: 20, channels: 3, background: '#f00' },
    })
      .composite([
        { input: { create: { width: 20, height: 20, channels: 3, background: '#00f' } }, left: 0, top: 0 },
      ])
      .withMetadata({ orientation: 6 })
      .jpeg({ quality: 100 })
      .toBuffer(),
  });
  dataset = await pictureFolder({ name: 'photos', folder }).load(options());
});
afterAll(() => rmSync(root, { recursive: true }));

describe('a folder of pictures', () => {
  describeDataset(() => ({ dataset, size: SIZE }));

  it('has a group for each unit, and no side divides one', () => {
    const unit = dataset.samples.filter(({ group }) => group === 'cats/picture 0.png').map(({ id }) => id);
    expect(unit).toEqual(['cats/picture 0.png', 'dogs/a cat.jpg', 'sea lions/scaled.png']);
    for (const fold of [0, 1]) {
      const { samples } = splitWithReserve(dataset, {
        side: 'confirmation',
        folds: 2,
        fold,
        holds: 'samples',
      });
      const sides = (id: string) => samples.find((one) => one.id === id)!.partition;
      expect(new Set(unit.map(sides)).size).toBe(1);
      expect(new Set(samples.map(({ partition }) => partition))).toEqual(new Set(['train', 'test']));
    }
  });

  it('shows photographs as a viewer does', () => {
    const row = dataset.samples.findIndex(({ id }) => id === 'cats/on its side.jpg');
    const image = wholePixels(dataset).subarray(row * SIZE * SIZE * 3, (row + 1) * SIZE * SIZE * 3);
    // Stored with blue at the left; turned by a quarter, blue is above.
    const [above, below] = [image.subarray(0, 3), image.subarray(-3)];
    expect(above[2]).toBeGreaterThan(200);
    expect(below[0]).toBeGreaterThan(200);
  });

  it('is packed once, and anew where a byte or the grouping changes', async () => {
    const pack = join(root, 'data', 'photos', `photos-${SIZE}.pack`);
    const before = statSync(pack).mtimeMs;
    const same = await pictureFolder({ name: 'photos', folder }).load(options());
    expect(statSync(pack).mtimeMs).toBe(before);
    expect(same.manifestHash).toBe(dataset.manifestHash);
    const elsewhere = await pictureFolder({ name: 'photos', folder }).load({
      ...load,
      dataRoot: join(root, 'other'),
    });
    expect(elsewhere.manifestHash).toBe(dataset.manifestHash);
    const groups = { pattern: String.raw`(picture \d)\d?\.png` };
    const grouped = await pictureFolder({ name: 'photos', folder, groups }).load(options());
    expect(grouped.manifestHash).not.toBe(dataset.manifestHash);
    expect(new Set(grouped.samples.map(({ group }) => group)).size).toBeLessThan(12);
    expect(await pictureFolder({ name: 'photos', folder }).find(options())).toBeUndefined();
    const path = join(folder, 'cats', 'picture 5.png');
    writeFileSync(path, await clouds(700).png().toBuffer());
    const changed = await pictureFolder({ name: 'photos', folder }).load(options());
    expect([dataset.manifestHash, grouped.manifestHash]).not.toContain(changed.manifestHash);
  });

  it('never packs a picture that changes after it was hashed', async () => {
    const { pictures } = await findPictures(folder);
    const one = pictures[3]!;
    await expect(unchangedBytes(folder, one)).resolves.toBeInstanceOf(Buffer);
    await expect(unchangedBytes(folder, { ...one, sha256: pictures[4]!.sha256 })).rejects.toThrow(
      `${one.path} has changed while it was read; run again when nothing writes to the folder.`,
    );
    const slow = pictureFolder({ name: 'slow', folder });
    let written = false;
    const loading = slow.load({
      ...options(),
      onProgress() {
        // The first picture is decoded; the last one is overwritten before it is read again.
        if (!written) writeFileSync(join(folder, pictures.at(-1)!.path), 'another picture');
        written = true;
      },
    });
    await expect(loading).rejects.toThrow(/has changed while it was read/);
    expect(await slow.find(options()).catch(() => undefined)).toBeUndefined();
    rmSync(join(folder, pictures.at(-1)!.path));
  });

  it('goes on without broken pictures only where it is told to', async () => {
    const broken = join(folder, 'dogs', 'cut off.png');
    writeFileSync(broken, (await clouds(9, 99).png().toBuffer()).subarray(0, 300));
    const strict = pictureFolder({ name: 'mended', folder });
    await expect(strict.load(options())).rejects.toThrow(/has 1 broken picture: dogs\/cut off\.png/);
    const loaded = await pictureFolder({ name: 'mended', folder, skipBroken: true }).load(options());
    expect(loaded.samples.some(({ id }) => id.includes('cut off'))).toBe(false);
    // The pack without the picture does not stand for the folder with it.
    await expect(strict.load(options())).rejects.toThrow(/broken picture/);
    writeFileSync(broken, '');
    await expect(strict.load(options())).rejects.toThrow(/it is empty/);
    rmSync(broken);
  });

  it('refuses a name that cannot be that of a folder', () => {
    expect(() => pictureFolder({ name: '../photos', folder })).toThrow(
      'name must be lower case, digits and hyphens',
    );
  });

  it('has a fifth of the classes for validation, at least five, where five others stay', async () => {
    const names = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [`class ${at}`, 1]));
    for (const [count, validation] of [
      [9, 0],
      [10, 5],
      [30, 6],
    ] as const) {
      const many = join(root, `many-${count}`);
      await placeClouds(many, names(count), (label) => `${label}/one.png`);
      const { split } = await pictureFolder({ name: `many-${count}`, folder: many }).load(options());
      expect([split.validation.length, split.novel.length]).toEqual([validation, 0]);
    }
  });
});
