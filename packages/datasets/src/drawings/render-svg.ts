import sharp from 'sharp';
import { DatasetError } from '../errors.ts';

/** SVGs rendered at the same time. sharp adds its own threads. */
const CONCURRENCY = 8;

/**
 * Renders an SVG that is `size` pixels wide and high, on white. RGB, shape (size, size, 3).
 * @param id name of the picture, for messages
 */
export async function renderSvg(svg: string, size: number, id: string): Promise<Uint8Array> {
  const { data, info } = await sharp(Buffer.from(svg), { density: 72 })
    .flatten({ background: 'white' })
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  if (info.width !== size || info.height !== size || info.channels !== 3) {
    const shape = [info.height, info.width, info.channels].join('×');
    throw new DatasetError(`${id} was rendered as ${shape}, not ${size}×${size}×3.`);
  }
  return data;
}

/**
 * Renders pictures in order into one array, shape (count, size, size, 3).
 * @param render renders the picture of a row; RGB, shape (size, size, 3)
 */
export async function renderAll(
  count: number,
  size: number,
  render: (row: number) => Promise<Uint8Array>,
  onProgress?: (done: number, total: number) => void,
): Promise<Uint8Array> {
  const length = size * size * 3;
  const pixels = new Uint8Array(count * length);
  let next = 0;
  let done = 0;
  async function work(): Promise<void> {
    for (let row = next++; row < count; row = next++) {
      pixels.set(await render(row), row * length);
      onProgress?.(++done, count);
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return pixels;
}

/** The pictures of some rows. @param pixels RGB, shape (count, size, size, 3) */
export function takeImages(pixels: Uint8Array, rows: readonly number[], size: number): Uint8Array {
  const length = size * size * 3;
  const taken = new Uint8Array(rows.length * length);
  rows.forEach((row, i) => {
    taken.set(pixels.subarray(row * length, (row + 1) * length), i * length);
  });
  return taken;
}
