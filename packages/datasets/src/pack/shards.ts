/**
 * Pixels of a data set that is too large for memory. Raw files with equal numbers of images lie beside a pack whose header
 * lists them. An image is read only when needed, so memory does not grow with the set. The operating system caches
 * frequently read images.
 *
 *   NAME-SIZE.pack            header (pack.ts, version 2), then a CRC-32 (uint32) of each image
 *   NAME-SIZE.shards/0000     uint8 RGB, shape (images per shard, size, size, 3)
 *   NAME-SIZE.shards/0000.json   record of the shard's source and checksums; a later run reuses whole shards
 *
 * Opening a set compares lengths, and reading an image compares its CRC. Hashing hundreds of gigabytes before the first
 * step would take longer than many runs.
 */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { canonicalJson, ifAbsent, writeFile } from '@clce/files';
import { DatasetError } from '../errors.ts';

/** Locations of the pixels of all rows: plain data, so that it can be sent to threads. */
export interface ShardedPixels {
  readonly kind: 'shards';
  readonly files: readonly string[];
  readonly rowsPerShard: number;
  readonly bytesPerImage: number;
  /** CRC-32 of each image. */
  readonly checksums: Uint32Array;
}

/** Open files of this thread; they stay open until the thread ends. */
const descriptors = new Map<string, number>();

/**
 * Reads the pixels of one image from its shard.
 *
 * @throws {DatasetError} `corrupt`, naming the shard and the image, where the pixels differ from the written ones
 */
export function readImage(
  { files, rowsPerShard, bytesPerImage, checksums }: ShardedPixels,
  row: number,
): Uint8Array {
  const file = files[Math.floor(row / rowsPerShard)]!;
  const descriptor = descriptors.get(file) ?? openSync(file, 'r');
  descriptors.set(file, descriptor);
  const pixels = Buffer.allocUnsafeSlow(bytesPerImage);
  const read = readSync(descriptor, pixels, 0, bytesPerImage, (row % rowsPerShard) * bytesPerImage);
  if (read < bytesPerImage || crc32(pixels) !== checksums[row]) {
    throw new DatasetError(
      `${file}: image ${row} differs from the written one; delete the pack and its shards.`,
      'corrupt',
    );
  }
  return pixels;
}

/** The list of shards in the header of a pack. */
export interface ShardList {
  readonly rowsPerShard: number;
  readonly sha256: readonly string[];
}

interface ShardRecord {
  /** Hash of everything that determines the shard. */
  readonly madeOf: string;
  readonly sha256: string;
  readonly checksums: readonly number[];
}

/**
 * Writes the missing shards in order.
 *
 * @param madeOf everything that determines the pixels; shards with another value are written again
 * @param pixelsOf decodes images `from` to `to` − 1, shape (to − from, size, size, 3)
 */
export async function writeShards(
  folder: string,
  layout: { readonly count: number; readonly bytesPerImage: number; readonly rowsPerShard: number },
  madeOf: object,
  pixelsOf: (from: number, to: number) => Promise<Uint8Array>,
): Promise<{ list: ShardList; checksums: Uint32Array }> {
  const { count, bytesPerImage, rowsPerShard } = layout;
  const key = createHash('sha256')
    .update(canonicalJson({ ...layout, madeOf }))
    .digest('hex');
  const checksums = new Uint32Array(count);
  const hashes: string[] = [];
  await mkdir(folder, { recursive: true });
  for (let from = 0; from < count; from += rowsPerShard) {
    const to = Math.min(count, from + rowsPerShard);
    const path = join(folder, shardName(hashes.length));
    const known = await wholeShard(path, key, (to - from) * bytesPerImage);
    const record = known ?? (await writeShard(path, key, bytesPerImage, await pixelsOf(from, to)));
    checksums.set(record.checksums, from);
    hashes.push(record.sha256);
  }
  return { list: { rowsPerShard, sha256: hashes }, checksums };
}

/** Compares the lengths of all shards and returns their paths. @throws {DatasetError} `corrupt` naming the wrong shard */
export async function shardFiles(
  folder: string,
  { rowsPerShard, sha256 }: ShardList,
  count: number,
  bytesPerImage: number,
): Promise<string[]> {
  const paths: string[] = [];
  // The loop is sequential, so that the error names the first wrong shard.
  for (const index of sha256.keys()) {
    const path = join(folder, shardName(index));
    forget(path);
    const expected = Math.min(rowsPerShard, count - index * rowsPerShard) * bytesPerImage;
    const size = await sizeOf(path);
    if (size !== expected) {
      throw new DatasetError(
        `${path} has ${size ?? 'no'} bytes, expected ${expected}; delete the pack and it will be built again.`,
        'corrupt',
      );
    }
    paths.push(path);
  }
  return paths;
}

/** Closes a file that was opened before, because it may have been replaced since. */
function forget(path: string): void {
  const descriptor = descriptors.get(path);
  if (descriptor !== undefined) closeSync(descriptor);
  descriptors.delete(path);
}

function shardName(index: number): string {
  return String(index).padStart(4, '0');
}

async function wholeShard(path: string, madeOf: string, bytes: number): Promise<ShardRecord | undefined> {
  const text = await readFile(`${path}.json`, 'utf8').catch(ifAbsent(undefined));
  if (text === undefined || (await sizeOf(path)) !== bytes) return undefined;
  const record = recordIn(text);
  if (record?.madeOf !== madeOf) return undefined;
  const found = createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
  return found === record.sha256 ? record : undefined;
}

/** Undefined where the text is not whole; the shard is written again. */
function recordIn(text: string): ShardRecord | undefined {
  try {
    return (JSON.parse(text) as ShardRecord | null) ?? undefined;
  } catch {
    return undefined;
  }
}

async function writeShard(
  path: string,
  madeOf: string,
  bytesPerImage: number,
  pixels: Uint8Array,
): Promise<ShardRecord> {
  const images = Array.from({ length: pixels.length / bytesPerImage }, (_, k) =>
    pixels.subarray(k * bytesPerImage, (k + 1) * bytesPerImage),
  );
  const checksums = images.map((image) => crc32(image));
  const record = { madeOf, sha256: createHash('sha256').update(pixels).digest('hex'), checksums };
  // The record is removed before and written after the pixels, so it never describes another shard.
  await rm(`${path}.json`, { force: true });
  await writeFile(path, [pixels]);
  await writeFile(`${path}.json`, JSON.stringify(record));
  return record;
}

function sizeOf(path: string): Promise<number | undefined> {
  return stat(path).then(({ size }) => size, ifAbsent(undefined));
}
