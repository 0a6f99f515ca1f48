import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DatasetError } from '../errors.ts';
import { clouds, place, placeClouds } from '../testing/pictures.ts';
import { countsOf, lookAtPictures, noAnswer, type PicturesLook } from './look.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'clce-pictures-'));
});
afterAll(() => rmSync(root, { recursive: true }));

const folderOf = (name: string) => join(root, name);
const reasons = ({ unused }: PicturesLook) => unused.map(({ path, reason }) => `${path}: ${reason}`);

async function refusal(folder: string, options?: Parameters<typeof lookAtPictures>[1]): Promise<string> {
  const error = await lookAtPictures(folder, options).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(DatasetError);
  const { message } = error as DatasetError;
  expect(message).not.toContain('\n');
  return message;
}

describe('a folder of pictures', () => {
  it('is described: classes, sizes, share that the crop cuts, formats', async () => {
    const folder = folderOf('described');
    await placeClouds(folder, { cats: 30, dogs: 12 });
    await place(folder, {
      'cats/wide.jpg': await clouds(91, 200, 100).jpeg().toBuffer(),
      'cats/deeper/still/tiny.webp': await clouds(92, 10, 10).webp().toBuffer(),
      // Stored on its side: viewers show 30 × 60.
      'dogs/upright.jpg': await clouds(93, 60, 30).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
      // The bytes decide, not the extension.
      'dogs/really a gif.png': await clouds(94, 48, 48).gif().toBuffer(),
    });
    const look = await lookAtPictures(folder);
    expect(look.classes).toEqual([
      { name: 'cats', pictures: 32, units: 32 },
      { name: 'dogs', pictures: 14, units: 14 },
    ]);
    expect(look.formats).toEqual({ PNG: 42, JPEG: 2, WebP: 1, GIF: 1 });
    expect(look.sizes).toEqual({
      smallest: { path: 'cats/deeper/still/tiny.webp', width: 10, height: 10 },
      median: expect.objectContaining({ width: 48, height: 48 }),
      largest: { path: 'cats/wide.jpg', width: 200, height: 100 },
    });
    expect(look.cropped.worst).toBe(0.5);
    expect(look.cropped.mean).toBeCloseTo(1 / 46, 10);
    expect(look.majority).toEqual({ name: 'cats', share: 32 / 46 });
    expect(look.answers.samples).toEqual({ isPossible: true, folds: expect.any(Number) });
    expect(look.answers.classes).toMatchObject({
      isPossible: false,
      why: expect.stringContaining('5-way episodes need'),
    });
    expect(noAnswer(look)).toBeUndefined();
    expect(look.unused).toEqual([]);
  });

  it('has every file that is not used named with its reason', async () => {
    const folder = folderOf('odd');
    await placeClouds(folder, { a: 12, b: 12 });
    await place(folder, {
      '.DS_Store': 'x',
      'loose.png': await clouds(80).png().toBuffer(),
      'a/.hidden.png': await clouds(81).png().toBuffer(),
      'a/notes.txt': 'no picture',
      'a/renamed.jpg': 'no picture either',
      'a/drawing.png':
        '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
      'a/old.bmp': Buffer.concat([Buffer.from('BM'), Buffer.alloc(60)]),
      'a/plain.ppm': 'P3\n1 1\n255\n0 0 0\n',
      'a/phone.heic': Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1'),
      'empty/readme.md': 'text',
      'a/turned\u001b[31m.png': await clouds(82).png().toBuffer(),
    });
    writeFileSync(
      Buffer.concat([Buffer.from(join(folder, 'b/')), Buffer.from([0x66, 0xff, 0x2e]), Buffer.from('png')]),
      'x',
    );
    mkdirSync(join(folder, '.git'));
    execFileSync('mkfifo', [join(folder, 'a/pipe.png')]);
    symlinkSync('/dev/zero', join(folder, 'a/zero.png'));
    symlinkSync('nowhere', join(folder, 'a/dangling.png'));
    symlinkSync('../b', join(folder, 'a/again'));
    const look = await lookAtPictures(folder);
    expect(reasons(look).sort()).toEqual(
      [
        '.DS_Store: hidden',
        '.git/: hidden',
        'loose.png: loose',
        'a/.hidden.png: hidden',
        'a/notes.txt: no-picture',
        'a/renamed.jpg: no-picture',
        'a/drawing.png: format',
        'a/old.bmp: format',
        'a/plain.ppm: format',
        'a/phone.heic: format',
        String.raw`a/turned\u001b[31m.png: name`,
        String.raw`b/f\xff.png: name`,
        'a/pipe.png: special',
        'a/zero.png: special',
        'a/dangling.png: link',
        'a/again/: link',
        'empty/: empty-class',
        'empty/readme.md: no-picture',
      ].sort(),
    );
    expect(look.unused.find(({ path }) => path === 'a/drawing.png')?.detail).toBe('SVG');
    expect(countsOf(look.unused)).toContain('4 a kind of picture that is not read');
    expect(look.classes.map(({ name, pictures }) => [name, pictures])).toEqual([
      ['a', 12],
      ['b', 12],
    ]);
  });

  it('is read through links, each folder once, and a circle is refused by name', async () => {
    const [folder, outside] = [folderOf('linked'), folderOf('elsewhere')];
    await placeClouds(outside, { 'more cats': 12 }, undefined, 500);
    await placeClouds(folder, { dogs: 12 });
    symlinkSync(join(outside, 'more cats'), join(folder, 'cats'));
    symlinkSync(join(outside, 'more cats', 'picture 0.png'), join(folder, 'dogs', 'linked.png'));
    const look = await lookAtPictures(folder);
    expect(look.classes.map(({ name, pictures }) => [name, pictures])).toEqual([
      ['cats', 12],
      ['dogs', 13],
    ]);
    expect(look.copies.pairs).toEqual([
      { paths: ['cats/picture 0.png', 'dogs/linked.png'], acrossClasses: true },
    ]);
    symlinkSync('..', join(folder, 'dogs', 'around'));
    expect(await refusal(folder)).toContain('dogs/around is a link to');
    rmSync(join(folder, 'dogs', 'around'));
    symlinkSync('/', join(outside, 'more cats', 'everything'));
    expect(await refusal(folder)).toContain('cats/everything is a link to /, which holds the link itself');
  });

  it('is refused where two names are one after normalisation', async () => {
    const folder = folderOf('normalised');
    await placeClouds(folder, { 'caf\u00e9': 12, 'cafe\u0301': 12 });
    expect(readdirSync(folder)).toHaveLength(2);
    expect(await refusal(folder)).toContain(
      String.raw`cafe\u0301 and caf\u00e9 are one name after Unicode normalisation`,
    );
  });

  it.each([
    [
      'three classes of five',
      { a: 5, b: 5, c: 5 },
      /3 of 3 classes have fewer than 10 units .* the smallest a with 5/,
    ],
    ['one class', { only: 40 }, /there is 1 class, and 2 are needed/],
    ['no class', {}, /there are no classes/],
  ])('of %s is refused at once', async (name, counts, why) => {
    const folder = folderOf(name);
    mkdirSync(folder);
    await placeClouds(folder, counts);
    // Were it decoded, this picture would be named.
    if ('a' in counts)
      await place(folder, { 'a/broken.png': (await clouds(1).png().toBuffer()).subarray(0, 60) });
    expect(await refusal(folder)).toMatch('a' in counts ? /the smallest b with 5/ : why);
  });

  it('says which folder is not there, and why nothing in it is used', async () => {
    expect(await refusal(folderOf('nowhere'))).toContain('there is no folder');
    const folder = folderOf('flat');
    await place(folder, { 'one.png': await clouds(1).png().toBuffer() });
    expect(await refusal(folder)).toContain(
      'not used: 1 in no class, because it lies directly in the folder',
    );
  });

  it('can answer about new classes where there are enough', async () => {
    const folder = folderOf('many');
    const classes = Array.from({ length: 24 }, (_, at) => [`class ${at}`, 20]);
    await placeClouds(folder, Object.fromEntries(classes));
    const look = await lookAtPictures(folder);
    expect(look.answers.classes).toEqual({ isPossible: true, folds: 2 });
    expect(look.answers.samples).toEqual({ isPossible: true, folds: 8 });
    // Development has 12 pictures of each class, too few for an episode with 15 queries.
    expect(look.answers.both.isPossible).toBe(false);
  });
});

describe('pictures that belong together', () => {
  const frames = (label: string, at: number) =>
    `${label}/clip${Math.floor(at / 6)}${label}_${String(at).padStart(4, '0')}.png`;

  it('are proposed by numbered names, with a pattern that makes groups of them', async () => {
    const folder = folderOf('frames');
    await placeClouds(folder, { a: 72, b: 72 }, frames);
    const { sequences, units } = await lookAtPictures(folder);
    expect(sequences).toMatchObject({
      pictures: 144,
      sequences: 24,
      example: ['clip0a_0000.png', 'clip0a_0001.png'],
    });
    expect(units).toBe(144);
    const grouped = await lookAtPictures(folder, { groups: { pattern: sequences!.pattern! } });
    expect(grouped.groups).toEqual({ by: 'pattern', groups: 24, without: [] });
    expect(grouped.units).toBe(24);
    expect(grouped.sequences).toBeUndefined();
  });

  it('are proposed without a pattern where a camera has one prefix for all', async () => {
    const folder = folderOf('camera');
    await placeClouds(
      folder,
      { a: 12, b: 12 },
      (label, at) => `${label}/IMG_${1000 + at + (at > 5 ? 50 : 0)}.png`,
    );
    const { sequences } = await lookAtPictures(folder);
    expect(sequences).toMatchObject({ pictures: 24, sequences: 4 });
    expect(sequences).not.toHaveProperty('pattern');
  });

  it('are those of a group of the pattern, over classes and folders', async () => {
    const folder = folderOf('patients');
    await placeClouds(folder, { ill: 30, well: 30 }, (label, at) => `${label}/patient${at % 15}_${at}.png`);
    const look = await lookAtPictures(folder, { groups: { pattern: String.raw`^(patient\d+)_` } });
    expect([look.units, look.groups.groups]).toEqual([15, 15]);
    expect(look.classes.map(({ units }) => units)).toEqual([15, 15]);
    const byFolder = await lookAtPictures(folder, { groups: { pattern: '^(ill)/' } });
    expect(byFolder.groups.without).toHaveLength(30);
    expect(byFolder.answers.samples).toMatchObject({
      isPossible: false,
      why: expect.stringContaining('ill with 1'),
    });
    expect(String(noAnswer(byFolder))).toContain('can answer no question');
    for (const [pattern, fault] of [
      ['^patient', 'has no part in parentheses'],
      ['(', 'is no regular expression'],
      ['^(frame)', 'finds no group in any of 60 names of files, such as patient0_0.png'],
    ] as const) {
      expect(await refusal(folder, { groups: { pattern } })).toContain(fault);
    }
  });

  it('are those of a group in a file, in which every picture stands once', async () => {
    const folder = folderOf('listed');
    await placeClouds(folder, { a: 20, b: 20 });
    const file = join(root, 'groups.csv');
    const rows = ['a', 'b'].flatMap((label) =>
      Array.from({ length: 20 }, (_, at) => `${label}/picture ${at}.png,${label}${at >> 1}`),
    );
    const write = (lines: readonly string[]) => writeFileSync(file, `path,group\n${lines.join('\n')}\n`);
    write(rows);
    expect((await lookAtPictures(folder, { groups: { file } })).units).toBe(20);
    for (const [lines, fault] of [
      [rows.slice(1), 'has no group for 1 pictures, the first a/picture 0.png'],
      [[...rows, 'a/gone.png,x'], 'has 1 paths that are not in the folder, the first a/gone.png'],
      [[...rows, rows[3]!], 'row 41 has a/picture 3.png a second time'],
      [[...rows.slice(1), 'a/picture 0.png,'], 'row 40 has no group for a/picture 0.png'],
      [[], 'has no rows'],
    ] as const) {
      write(lines);
      expect(await refusal(folder, { groups: { file } })).toContain(fault);
    }
    expect(await refusal(folder, { groups: { file: 'no such file' } })).toContain(
      'there is no file no such file',
    );
  });

  it('are near-copies, within a class and across', async () => {
    const folder = folderOf('copied');
    await placeClouds(folder, { a: 12, b: 12 });
    const scaled = await sharp(await clouds(1).png().toBuffer())
      .resize(49)
      .png()
      .toBuffer();
    await place(folder, {
      'a/copy.jpg': await clouds(1).jpeg({ quality: 70 }).toBuffer(),
      'b/scaled.png': await sharp(scaled)
        .extract({ left: 0, top: 0, width: 48, height: 48 })
        .png()
        .toBuffer(),
    });
    const look = await lookAtPictures(folder);
    expect(look.copies.components).toEqual([['a/copy.jpg', 'a/picture 0.png', 'b/scaled.png']]);
    expect(look.copies.pairs.map(({ acrossClasses }) => acrossClasses).sort()).toEqual([false, true]);
    expect(look.units).toBe(24);
  });
});
