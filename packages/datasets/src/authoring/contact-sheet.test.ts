import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { Dataset } from '../dataset.ts';
import { sheetOfClasses, sheetOfEpisode, sheetOfViews } from './contact-sheet.ts';

const SIZE = 8;

/** Six samples of each of five classes; an image is filled with 10 times its class and the number of its sample. */
const dataset: Dataset = {
  name: 'greys',
  manifestHash: '0',
  imageSize: SIZE,
  channels: 3,
  classNames: ['a', 'b', 'c', 'd', 'e'],
  samples: Array.from({ length: 30 }, (_, row) => ({ id: `s${row}`, label: Math.floor(row / 6) })),
  split: { base: [0, 1], validation: [], novel: [2, 3, 4] },
  pixels: Uint8Array.from({ length: 30 * SIZE ** 2 * 3 }, (_, at) => {
    const row = Math.floor(at / (SIZE ** 2 * 3));
    return 10 * Math.floor(row / 6) + (row % 6);
  }),
};

/** The middle of each picture, row by row; 128 is the background. */
async function middles(
  png: Buffer,
  columns: number,
  lefts = (column: number) => 2 + column * 10,
): Promise<number[][]> {
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  const rows = (info.height - 2) / 10;
  return Array.from({ length: rows }, (_, y) =>
    Array.from(
      { length: columns },
      (_unused, x) => data[((2 + 10 * y + 4) * info.width + lefts(x) + 4) * info.channels]!,
    ),
  );
}

describe('contact sheets', () => {
  it('of classes: a row each, its first samples', async () => {
    const { png, rows } = await sheetOfClasses(dataset, [1, 3], 4);
    expect(rows).toEqual(['b', 'd']);
    expect(await middles(png, 4)).toEqual([
      [10, 11, 12, 13],
      [30, 31, 32, 33],
    ]);
  });

  it('of views: the sample, then what a model in training sees of it', async () => {
    const plain = { crop: false, flip: false };
    const apart = (column: number) => 2 + column * 10 + (column > 0 ? 8 : 0);
    const same = await sheetOfViews(dataset, [7, 20], plain, { seed: 1, views: 2 });
    expect(same.rows).toEqual(['s7', 's20']);
    expect(await middles(same.png, 3, apart)).toEqual([
      [11, 11, 11],
      [32, 32, 32],
    ]);
    const erased = await sheetOfViews(dataset, [7], { ...plain, erasing: 1 }, { seed: 1, views: 40 });
    const [shown] = await middles(erased.png, 41, apart);
    expect(new Set(shown)).toEqual(new Set([11, 128]));
  });

  it('of an episode: support and queries of each class, none twice', async () => {
    const options = { classes: dataset.split.novel, way: 3, shot: 2, query: 3, seed: 5, index: 1 };
    const { png, rows } = await sheetOfEpisode(dataset, options);
    expect(rows.toSorted()).toEqual(['c', 'd', 'e']);
    const apart = (column: number) => 2 + column * 10 + (column > 1 ? 8 : 0);
    for (const [k, row] of (await middles(png, 5, apart)).entries()) {
      const label = dataset.classNames.indexOf(rows[k]!);
      expect(new Set(row).size).toBe(5);
      expect(row.every((value) => Math.floor(value / 10) === label)).toBe(true);
    }
  });

  it('says when there is nothing to show', async () => {
    await expect(sheetOfClasses({ ...dataset, samples: [] }, [0], 3)).rejects.toThrow('nothing to show');
  });
});
