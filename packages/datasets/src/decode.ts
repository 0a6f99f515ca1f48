/**
 * Images from files of all kinds to squares of RGB.
 *
 * Decoding is that of Pillow's `convert('RGB')`, which the benchmarks' own loaders use: no rotation by EXIF, no colour
 * profile, alpha dropped. Resizing is named in the pack's provenance, since it alone moves accuracy by half a point.
 */
import { readFile, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import type { ImageFit, ImageSource, SourceSample } from './adapter.ts';
import { DatasetError } from './errors.ts';

/** Images of more pixels are refused before they are decoded; the largest of the benchmarks has about 20 million. */
const MAX_IMAGE_PIXELS = 100_000_000;

/** Images that are being decoded at the same time; sharp uses its own threads below that. */
const CONCURRENCY = 8;

/** Settings that pixels depend on, in words; part of a pack's provenance. */
export function decoding(fit: ImageFit): string {
  const crop =
    fit === 'cover' ? 'shorter side to size, centre crop' : 'both sides to size, aspect ratio not kept';
  return `RGB without profile, alpha or EXIF rotation; ${crop}; Lanczos-3 with antialiasing; same size untouched`;
}

/**
 * Decodes samples in order into one array, shape (samples.length, size, size, 3).
 * @throws {DatasetError} `corrupt` or `too-large`, naming the sample
 */
export async function decodeSamples(
  root: string,
  samples: readonly Pick<SourceSample, 'id' | 'image'>[],
  size: number,
  fit: ImageFit,
  onProgress?: (done: number, total: number) => void,
): Promise<Uint8Array> {
  const length = size * size * 3;
  const pixels = new Uint8Array(samples.length * length);
  const realRoot = await realpath(root);
  let next = 0;
  let done = 0;
  async function work(): Promise<void> {
    for (let row = next++; row < samples.length; row = next++) {
      const { id, image } = samples[row]!;
      pixels.set(await decode(realRoot, id, image, size, fit), row * length);
      onProgress?.(++done, samples.length);
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return pixels;
}

async function decode(
  root: string,
  id: string,
  image: ImageSource,
  size: number,
  fit: ImageFit,
): Promise<Uint8Array> {
  const input = await open(root, id, image);
  try {
    const resized = await resize(input.toColourspace('srgb').removeAlpha(), image, size, fit);
    const { data, info } = await resized.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
    if (info.width === size && info.height === size && info.channels === 3) return data;
    throw new Error(`it was decoded as ${info.height}×${info.width}×${info.channels}`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (/pixel limit/i.test(reason)) {
      throw new DatasetError(
        `image ${id} claims more than ${MAX_IMAGE_PIXELS} pixels; it was not decoded.`,
        'too-large',
        { cause: error },
      );
    }
    throw new DatasetError(
      `image ${id} cannot be decoded (${reason}); fetch the data set again.`,
      'corrupt',
      {
        cause: error,
      },
    );
  }
}

async function open(root: string, id: string, image: ImageSource): Promise<Sharp> {
  if (image.kind === 'pixels') {
    const { width, height, channels } = image;
    return sharp(await image.read(), { raw: { width, height, channels } });
  }
  const bytes = image.kind === 'file' ? await readInside(root, id, image.path) : await image.read();
  return sharp(bytes, { limitInputPixels: MAX_IMAGE_PIXELS, failOn: 'truncated', ignoreIcc: true });
}

async function resize(image: Sharp, source: ImageSource, size: number, fit: ImageFit): Promise<Sharp> {
  const { width, height } = source.kind === 'pixels' ? source : await image.metadata();
  if (width === size && height === size) return image;
  return image.resize(size, size, { fit, position: 'centre', kernel: 'lanczos3', fastShrinkOnLoad: false });
}

/** A file below the root, also once every link on the way has been followed. */
async function readInside(root: string, id: string, path: string): Promise<Buffer> {
  const real = await realpath(join(root, path)).catch((error: unknown) => {
    throw new DatasetError(`image ${id} is missing: no file ${join(root, path)}.`, 'missing', {
      cause: error,
    });
  });
  if (real.startsWith(root + sep)) return readFile(real);
  throw new DatasetError(`image ${id} lies at ${real}, outside ${root}; it is not read.`, 'unsafe-path');
}
