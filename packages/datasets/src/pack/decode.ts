/**
 * Decodes image files of all kinds into square RGB images.
 *
 * Decoding follows Pillow's `convert('RGB')`, which the benchmarks' own loaders use: no rotation by EXIF, no colour profile,
 * no alpha. A set may ask for the rotation, as a folder of the user's own photographs does. The pack's provenance names the resizing, because resizing alone changes accuracy by half a point.
 */
import { readFile, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import type { ImageSource, Resizing, SourceSample } from '../adapter.ts';
import { DatasetError } from '../errors.ts';

/**
 * Version of the decoding. Raise it by hand in every change that alters the pixels of a picture. It is part of the pack's hash and so of
 * a cell's key; sets that are drawn decode no picture, and keep theirs.
 */
export const DECODING_VERSION = 1;

/** Images with more pixels are refused before decoding. The largest benchmark image has about 20 million. */
export const MAX_IMAGE_PIXELS = 100_000_000;

/** Images decoded at the same time. sharp adds its own threads. */
const CONCURRENCY = 8;

const READING = { limitInputPixels: MAX_IMAGE_PIXELS, failOn: 'truncated', ignoreIcc: true } as const;

const USUAL: Resizing = { fit: 'cover', interpolation: 'lanczos', cropFraction: 1, orientation: 'stored' };

const INTERPOLATIONS = {
  bilinear: { words: 'bilinear', kernel: 'linear' },
  bicubic: { words: 'bicubic', kernel: 'cubic' },
  lanczos: { words: 'Lanczos-3', kernel: 'lanczos3' },
} as const;

/** How images become squares, with every entry. @param own where it differs from the default */
export function resizingOf(own: Partial<Resizing> = {}): Resizing {
  return { ...USUAL, ...own };
}

/** The decoding settings in words; part of a pack's provenance. */
export function decoding(resizing: Partial<Resizing> = {}): string {
  const { fit, interpolation, cropFraction, orientation } = resizingOf(resizing);
  const crop =
    fit === 'cover' ? 'shorter side to size, centre crop' : 'both sides to size, aspect ratio not kept';
  const fraction = cropFraction === 1 ? '' : `crop fraction ${cropFraction}; `;
  const { words } = INTERPOLATIONS[interpolation];
  const colours =
    orientation === 'exif'
      ? 'RGB without profile or alpha, rotated as EXIF says'
      : 'RGB without profile, alpha or EXIF rotation';
  return `${colours}; ${crop}; ${fraction}${words} with antialiasing; same size untouched`;
}

/**
 * Decodes samples in order into one array, shape (samples.length, size, size, 3).
 * @throws {DatasetError} `corrupt` or `too-large`, naming the sample
 */
export async function decodeSamples(
  root: string,
  samples: readonly Pick<SourceSample, 'id' | 'image'>[],
  size: number,
  resizing: Partial<Resizing> = {},
  onProgress?: (done: number, total: number) => void,
): Promise<Uint8Array> {
  const length = size * size * 3;
  const pixels = new Uint8Array(samples.length * length);
  const realRoot = await realpath(root);
  const full = resizingOf(resizing);
  let next = 0;
  let done = 0;
  async function work(): Promise<void> {
    for (let row = next++; row < samples.length; row = next++) {
      const { id, image } = samples[row]!;
      pixels.set(await decode(realRoot, id, image, size, full), row * length);
      onProgress?.(++done, samples.length);
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return pixels;
}

/** Decodes the bytes of one image file; shape (size, size, 3). @throws Error that says why they cannot be decoded */
export function decodePicture(bytes: Uint8Array, size: number, resizing: Resizing): Promise<Uint8Array> {
  return squareOf(sharp(bytes, READING), size, resizing);
}

async function decode(
  root: string,
  id: string,
  image: ImageSource,
  size: number,
  resizing: Resizing,
): Promise<Uint8Array> {
  const input = await open(root, id, image);
  try {
    return await squareOf(input, size, resizing);
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

async function squareOf(input: Sharp, size: number, resizing: Resizing): Promise<Uint8Array> {
  const upright = resizing.orientation === 'exif' ? input.autoOrient() : input;
  const resized = resize(upright.toColourspace('srgb').removeAlpha(), size, resizing);
  const { data, info } = await resized.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  if (info.width === size && info.height === size && info.channels === 3) return data;
  throw new Error(`it was decoded as ${info.height}×${info.width}×${info.channels}`);
}

async function open(root: string, id: string, image: ImageSource): Promise<Sharp> {
  if (image.kind === 'pixels') {
    const { width, height, channels } = image;
    return sharp(await image.read(), { raw: { width, height, channels } });
  }
  const bytes = image.kind === 'file' ? await readInside(root, id, image.path) : await image.read();
  return sharp(bytes, READING);
}

/** Resizes to a square. sharp leaves an image of that size unchanged. */
function resize(image: Sharp, size: number, { fit, interpolation, cropFraction }: Resizing): Sharp {
  const { kernel } = INTERPOLATIONS[interpolation];
  const side = Math.floor(size / cropFraction);
  const resized = image.resize(side, side, { fit, position: 'centre', kernel, fastShrinkOnLoad: false });
  if (side === size) return resized;
  const margin = Math.round((side - size) / 2);
  return resized.extract({ left: margin, top: margin, width: size, height: size });
}

/** Reads a file below the root. The file must lie below it after links are resolved, too. */
async function readInside(root: string, id: string, path: string): Promise<Buffer> {
  const real = await realpath(join(root, path)).catch((error: unknown) => {
    throw new DatasetError(`image ${id} is missing: no file ${join(root, path)}.`, 'missing', {
      cause: error,
    });
  });
  if (real.startsWith(root + sep)) return readFile(real);
  throw new DatasetError(`image ${id} lies at ${real}, outside ${root}; it is not read.`, 'unsafe-path');
}
