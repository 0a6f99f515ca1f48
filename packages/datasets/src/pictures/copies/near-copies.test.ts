import sharp, { type Sharp } from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { compared, type Letter, lettersOf } from '../../testing/letters.ts';
import { clouds } from '../../testing/pictures.ts';
import { nearCopies } from './near-copies.ts';

const PIXELS = 96;

async function pictured(name: string, picture: Sharp): Promise<Letter> {
  return { name, picture, ...(await compared(name, picture)) };
}

let letters: Letter[];
beforeAll(async () => {
  letters = await lettersOf(8, PIXELS);
});

/** The same picture again, as copies are made. */
const COPIES: Readonly<Record<string, (picture: Sharp, side: number) => Sharp>> = {
  'encoded again': (picture) => picture.jpeg({ quality: 60 }),
  'scaled by 2 %': (picture, side) =>
    picture
      .resize(Math.round(1.02 * side))
      .extract({ left: 1, top: 1, width: side, height: side })
      .jpeg(),
  'in another size': (picture, side) => picture.resize(Math.round(0.7 * side)).jpeg({ quality: 80 }),
  'cropped by 3 % at one side': (picture, side) =>
    picture.extract({ left: Math.round(0.03 * side), top: 0, width: Math.round(0.97 * side), height: side }),
  'shifted by 2 %': (picture, side) =>
    picture
      .extract({ left: 2, top: 2, width: side - 2, height: side - 2 })
      .extend({ right: 2, bottom: 2, background: '#fff', extendWith: 'copy' }),
};

async function copyOf(picture: Sharp, kind: string, side: number): Promise<Sharp> {
  const png = await picture.png().toBuffer();
  return sharp(await COPIES[kind]!(sharp(png), side).toBuffer());
}

describe('near-copies', () => {
  it('are none among the letters of different typefaces', () => {
    expect(letters).toHaveLength(96);
    expect(nearCopies(letters)).toEqual([]);
  });

  it.each(Object.keys(COPIES))('are found %s, and nothing else is', async (kind) => {
    const originals = letters.filter((_, at) => at % 6 === 0);
    const copies = await Promise.all(
      originals.map(async ({ name, picture }) =>
        pictured(`copy ${name}`, await copyOf(picture, kind, PIXELS)),
      ),
    );
    const expected = originals.map((_, row) => [row, row + originals.length]);
    expect(nearCopies([...originals, ...copies])).toEqual(expected);
  });

  it.each(Object.keys(COPIES))('of pictures without edges are found %s', async (kind) => {
    const seeds = Array.from({ length: 20 }, (_, seed) => seed + 1);
    const originals = await Promise.all(seeds.map((seed) => pictured(`${seed}`, clouds(seed, PIXELS))));
    const copies = await Promise.all(
      seeds.map(async (seed) => pictured(`copy ${seed}`, await copyOf(clouds(seed, PIXELS), kind, PIXELS))),
    );
    expect(nearCopies([...originals, ...copies])).toEqual(seeds.map((_, row) => [row, row + seeds.length]));
  });

  it('are no pictures that differ in a small mark, or in colour alone', async () => {
    const disc = (colour: string, mark = '') =>
      sharp(
        Buffer.from(
          `<svg xmlns="http://www.w3.org/2000/svg" width="200" height="200"><rect width="200" height="200" fill="#777"/>` +
            `<circle cx="90" cy="100" r="60" fill="${colour}"/>${mark}</svg>`,
        ),
      );
    const pictures = await Promise.all([
      pictured('red', disc('#d22')),
      // As bright as the red disc.
      pictured('green', disc('#2d2')),
      pictured('red with a mark', disc('#d22', '<rect x="184" y="4" width="12" height="12" fill="#fff"/>')),
    ]);
    expect(nearCopies(pictures)).toEqual([]);
  });

  it('are files of the same bytes, also where all pixels have one colour', async () => {
    const blank = await pictured(
      'blank',
      sharp({ create: { width: 9, height: 9, channels: 3, background: '#888' } }),
    );
    const other = { ...blank, sha256: 'other' };
    expect(nearCopies([blank, other, blank, blank])).toEqual([
      [0, 2],
      [0, 3],
    ]);
  });

  it('join a chain of frames with a pair less than pictures', async () => {
    const seeds = [1, 1, 1, 1, 2, 2];
    const frames = await Promise.all(
      seeds.map(async (seed, at) =>
        pictured(
          `${at}`,
          sharp(
            await clouds(seed, PIXELS)
              .jpeg({ quality: 95 - at })
              .toBuffer(),
          ),
        ),
      ),
    );
    expect(nearCopies(frames)).toHaveLength(4);
    expect(nearCopies([])).toEqual([]);
  });
});
