/** Decodes the pictures of a folder once: their sizes, and small copies that near-duplicates are found on. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import sharp from 'sharp';
import { DatasetError } from '../errors.ts';
import { MAX_IMAGE_PIXELS } from '../pack/decode.ts';
import { type Layers, layersOf, SIDE } from './copies/layers.ts';
import type { Unused } from './files/find-files.ts';
import { type FoundPicture, reasonOf } from './files/find-pictures.ts';
import { inOrder } from './files/in-order.ts';
import { readWhole } from './files/read-file.ts';

/** A picture that can be decoded. Its sides are those that a viewer shows, with the orientation of EXIF applied. */
export interface Picture extends FoundPicture {
  readonly width: number;
  readonly height: number;
  /** The whole picture, both sides scaled. */
  readonly layers: Layers;
  /** Whether all pixels have one colour. */
  readonly isBlank: boolean;
}

/**
 * Pictures and broken ones, each in the given order.
 *
 * @throws {DatasetError} `corrupt` naming a picture whose bytes have changed since they were hashed
 */
export async function inspect(
  folder: string,
  found: readonly FoundPicture[],
  onProgress?: (done: number, total: number) => void,
): Promise<{ readonly pictures: Picture[]; readonly broken: Unused[] }> {
  let done = 0;
  const inspected = await inOrder(found, async (one) => {
    const bytes = await unchangedBytes(folder, one);
    const picture = await decoded(one, bytes);
    onProgress?.(++done, found.length);
    return picture;
  });
  return {
    pictures: inspected.filter((one): one is Picture => 'layers' in one),
    broken: inspected.filter((one): one is Unused => 'reason' in one),
  };
}

/**
 * The bytes that were hashed.
 *
 * @throws {DatasetError} `corrupt` where the file has changed since, or is gone
 */
export async function unchangedBytes(
  folder: string,
  { path, sha256 }: Pick<FoundPicture, 'path' | 'sha256'>,
): Promise<Buffer> {
  const bytes = await readWhole(join(folder, path)).catch((error: unknown) => {
    throw new DatasetError(`${path} was there a moment ago: ${reasonOf(error)}; run again.`, 'corrupt', {
      cause: error,
    });
  });
  if (createHash('sha256').update(bytes).digest('hex') === sha256) return bytes;
  throw new DatasetError(
    `${path} has changed while it was read; run again when nothing writes to the folder.`,
    'corrupt',
  );
}

async function decoded(one: FoundPicture, bytes: Buffer): Promise<Picture | Unused> {
  const options = { limitInputPixels: MAX_IMAGE_PIXELS, failOn: 'truncated', ignoreIcc: true } as const;
  try {
    const { autoOrient } = await sharp(bytes, options).metadata();
    const { data, info } = await sharp(bytes, options)
      .autoOrient()
      .toColourspace('srgb')
      .removeAlpha()
      .resize(SIDE, SIDE, { fit: 'fill' })
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) throw new Error(`it was decoded with ${info.channels} channels`);
    const { width, height } = autoOrient;
    const layers = layersOf(data, Math.min(width, height));
    const isBlank = data.every((value, at) => value === data[at % 3]);
    return { ...one, width, height, layers, isBlank };
  } catch (error) {
    return { path: one.path, reason: 'broken', detail: reasonOf(error) };
  }
}
