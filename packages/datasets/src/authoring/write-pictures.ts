/** Pictures of a data set as files, a folder a class, for other programs. */
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { type Dataset, imageAt } from '../dataset.ts';
import { DatasetError } from '../errors.ts';
import { splitWithReserve } from '../reserve/split-with-reserve.ts';

export interface WrittenPictures {
  readonly classes: number;
  readonly pictures: number;
}

/**
 * Writes FOLDER/CLASS/000.png and so on: the first samples of the first classes that have as many. Nothing of a reserve is written,
 * because no look should precede its confirmation.
 *
 * @param classes number of classes; all by default
 * @param samples number of each class; all of a class by default
 * @throws DatasetError where the folder is not empty, or too few classes have as many samples
 */
export async function writePictures(
  dataset: Dataset,
  folder: string,
  { classes, samples }: { readonly classes?: number | undefined; readonly samples?: number | undefined },
): Promise<WrittenPictures> {
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw new DatasetError(`${folder} is not empty; name a new folder.`);
  }
  const byClass = rowsByClass(dataset).filter(({ rows }) => rows.length >= (samples ?? 1));
  if (byClass.length < (classes ?? 1)) {
    throw new DatasetError(
      `${dataset.name} has ${byClass.length} classes of ${samples ?? 1} pictures or more outside its reserve, not ${classes ?? 1}.`,
    );
  }
  const names = new Set<string>();
  let pictures = 0;
  for (const { name, rows } of byClass.slice(0, classes)) {
    const own = uniqueName(name, names);
    await mkdir(join(folder, own), { recursive: true });
    for (const [at, row] of rows.slice(0, samples).entries()) {
      const { imageSize: width, channels } = dataset;
      const raw = { width, height: width, channels };
      const png = await sharp(Buffer.from(imageAt(dataset, row)), { raw })
        .png()
        .toBuffer();
      await writeFile(join(folder, own, `${String(at).padStart(3, '0')}.png`), png);
      pictures++;
    }
  }
  return { classes: names.size, pictures };
}

function rowsByClass(dataset: Dataset): { readonly name: string; readonly rows: readonly number[] }[] {
  const { samples } =
    dataset.reservable === undefined ? dataset : splitWithReserve(dataset, { side: 'development' });
  const rows = dataset.classNames.map((): number[] => []);
  for (const [row, { label, partition }] of samples.entries()) {
    if (partition !== 'reserved') rows[label]!.push(row);
  }
  return dataset.classNames.map((name, label) => ({ name, rows: rows[label]! }));
}

/** A name that any file system can hold. */
function uniqueName(name: string, taken: Set<string>): string {
  const plain = name.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, '-') || 'class';
  let own = plain;
  for (let count = 2; taken.has(own); count++) own = `${plain}-${count}`;
  taken.add(own);
  return own;
}
