/** Folders of pictures for tests. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { counterRandom } from '../sampling/random.ts';

/** Coloured clouds, another picture for each seed. */
export function clouds(seed: number, width = 48, height = width): Sharp {
  const random = counterRandom(seed);
  const grid = Uint8Array.from({ length: 6 * 6 * 3 }, (_, at) => random.below(256, 0, at, 0));
  const small = sharp(grid, { raw: { width: 6, height: 6, channels: 3 } });
  return small.resize(width, height, { fit: 'fill', kernel: 'cubic' });
}

/** Writes files, and the folders that they need. */
export async function place(
  folder: string,
  files: Readonly<Record<string, Uint8Array | string>>,
): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}

/** Writes different pictures: CLASS/0.png and so on. @param counts number of pictures of each class */
export async function placeClouds(
  folder: string,
  counts: Readonly<Record<string, number>>,
  nameOf: (label: string, at: number) => string = (label, at) => `${label}/picture ${at}.png`,
  firstSeed = 1,
): Promise<void> {
  let seed = firstSeed;
  for (const [label, count] of Object.entries(counts)) {
    for (let at = 0; at < count; at++) {
      await place(folder, { [nameOf(label, at)]: await clouds(seed++).png().toBuffer() });
    }
  }
}
