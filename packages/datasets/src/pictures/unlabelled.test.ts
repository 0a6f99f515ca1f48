/** Pictures without labels: which files are read, and that their pixels are those of a labelled folder. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { imageAt } from '../dataset.ts';
import { resizingOf } from '../pack/decode.ts';
import { noise } from '../testing/tiny/archives.ts';
import { pictureFolder } from './picture-folder.ts';
import { decodeFiles, findUnlabelled } from './unlabelled.ts';

const root = mkdtempSync(join(tmpdir(), 'clce-unlabelled-'));
const folder = join(root, 'photos');
afterAll(() => rmSync(root, { recursive: true }));

const WIDTH = 33;
const HEIGHT = 22;
const raw = { width: WIDTH, height: HEIGHT, channels: 3 } as const;

beforeAll(async () => {
  mkdirSync(join(folder, 'a', 'deep'), { recursive: true });
  const photograph = sharp(noise(1, WIDTH * HEIGHT * 3), { raw });
  // A camera on its side: a viewer turns the picture.
  writeFileSync(
    join(folder, 'top.jpg'),
    await photograph.clone().withMetadata({ orientation: 6 }).jpeg().toBuffer(),
  );
  writeFileSync(
    join(folder, 'a/deep/named.txt'),
    await photograph.clone().webp({ lossless: true }).toBuffer(),
  );
  writeFileSync(join(folder, 'a/cut.png'), (await photograph.clone().png().toBuffer()).subarray(0, 300));
  writeFileSync(join(folder, 'a/empty.jpg'), '');
  writeFileSync(join(folder, 'a/notes.jpg'), 'no picture');
  writeFileSync(join(folder, 'a/apple.heic'), '\0\0\0\x18ftypheic');
  writeFileSync(join(folder, '.hidden.jpg'), '');
  symlinkSync('nowhere', join(folder, 'a/link.png'));
  execFileSync('mkfifo', [join(folder, 'pipe.jpg')]);
});

it('finds files at any depth, and says why others are not used', async () => {
  expect(await findUnlabelled(folder)).toMatchObject({
    files: ['a/apple.heic', 'a/cut.png', 'a/deep/named.txt', 'a/empty.jpg', 'a/notes.jpg', 'top.jpg'],
    unused: [
      { path: '.hidden.jpg', reason: 'hidden' },
      { path: 'a/link.png', reason: 'link' },
      { path: 'pipe.jpg', reason: 'special' },
    ],
  });
  await expect(findUnlabelled(join(root, 'none'))).rejects.toThrow(
    /there is no folder .*none; give a folder of pictures\./,
  );
});

it('decodes in order, with a reason in the place of a file that is no picture', async () => {
  const { files } = await findUnlabelled(folder);
  const read = await decodeFiles(folder, files, 16, resizingOf({ orientation: 'exif' }));
  expect(
    read.map((one) => ('pixels' in one ? [one.path, one.pixels.length] : [one.path, one.reason])),
  ).toEqual([
    ['a/apple.heic', 'format'],
    ['a/cut.png', 'broken'],
    ['a/deep/named.txt', 16 * 16 * 3],
    ['a/empty.jpg', 'broken'],
    ['a/notes.jpg', 'no-picture'],
    ['top.jpg', 16 * 16 * 3],
  ]);
});

it('gives the pixels that a labelled folder has, turned as EXIF says', async () => {
  const labelled = join(root, 'labelled');
  const photographs = await Promise.all(
    Array.from({ length: 20 }, (_, seed) =>
      sharp(noise(seed, WIDTH * HEIGHT * 3), { raw })
        .withMetadata({ orientation: 1 + (seed % 8) })
        .jpeg()
        .toBuffer(),
    ),
  );
  for (const [at, bytes] of photographs.entries()) {
    const name = join(labelled, at % 2 === 0 ? 'even' : 'odd');
    mkdirSync(name, { recursive: true });
    writeFileSync(join(name, `${at}.jpg`), bytes);
  }
  const adapter = pictureFolder({ name: 'labelled', folder: labelled });
  const dataset = await adapter.load({ dataRoot: root, size: 16 });
  const paths = dataset.samples.map(({ id }) => id);
  const decoded = await decodeFiles(labelled, paths, 16, adapter.resizing!);
  expect(decoded).toHaveLength(20);
  for (const [row, one] of decoded.entries()) {
    expect('pixels' in one && Buffer.from(one.pixels).equals(imageAt(dataset, row)), paths[row]).toBe(true);
  }
  const stored = await decodeFiles(labelled, paths, 16, resizingOf());
  const differing = stored.filter(
    (one, row) => 'pixels' in one && !Buffer.from(one.pixels).equals(imageAt(dataset, row)),
  );
  // Of eight orientations, the first alone leaves a picture as it is stored.
  expect(differing).toHaveLength(17);
});
