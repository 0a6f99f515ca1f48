/**
 * Pixels of a data set that is too large for memory: raw files of equal numbers of images, beside a pack whose header
 * lists them. An image is read when it is wanted, so memory does not grow with the set, and the operating system keeps
 * what is read often.
 *
 *   NAME-SIZE.pack            header (pack.ts, version 2), then a CRC-32 (uint32) of each image
 *   NAME-SIZE.shards/0000     uint8 RGB, shape (images a shard, size, size, 3)
 *   NAME-SIZE.shards/0000.json   how it was made: a later run goes on after the last one that is whole
 *
 * Lengths are compared when a set is opened, the CRC of an image whenever it is read: to read hundreds of gigabytes before
 * the first step, so as to compare their hash, would take longer than many a run.
 */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { canonicalJson, ifAbsent, writeFile } from '@clce/files';
import { DatasetError } from '../errors.ts';

/** Where the pixels of each row are; plain data, which threads hand to each other. */
export interface ShardedPixels {
  readonly kind: 'shards';
  readonly files: readonly string[];
  readonly rowsPerShard: number;
  readonly bytesPerImage: number;
  /** CRC-32 of each image. */
  readonly checksums: Uint32Array;
}

/** Open files of this thread; they stay open until it ends. */
const descriptors = new Map<string, number>();

/**
 * The pixels of one image, read from its shard.
 *
 * @throws {DatasetError} `corrupt` naming the shard and the image where they are not those that were written
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
      `${file}: image ${row} is not as it was written; delete the pack and its shards.`,
      'corrupt',
    );
  }
  return pixels;
}

/** What the header of a pack says of its shards. */
export interface ShardList {
  readonly rowsPerShard: number;
  readonly sha256: readonly string[];
}

interface ShardRecord {
  /** Of everything that the shard depends on. */
  readonly madeOf: string;
  readonly sha256: string;
  readonly checksums: readonly number[];
}

/**
 * Writes the shards that are not there yet, one after the other.
 *
 * @param madeOf what all pixels depend on; shards of anything else are written again
 * @param pixelsOf images `from` … `to`, shape (to − from, size, size, 3)
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

/** Paths of all shards, whose lengths are compared. @throws {DatasetError} `corrupt` naming the one that is wrong */
export async function shardFiles(
  folder: string,
  { rowsPerShard, sha256 }: ShardList,
  count: number,
  bytesPerImage: number,
): Promise<string[]> {
  const paths: string[] = [];
  // One after the other, so that of several that are wrong the first is named.
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

/** A file that was opened before may have been replaced since. */
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
  const record = JSON.parse(text) as ShardRecord;
  if (record.madeOf !== madeOf) return undefined;
  const found = createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
  return found === record.sha256 ? record : undefined;
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
  // The record goes first and comes last: a shard is never taken for another one's.
  await rm(`${path}.json`, { force: true });
  await writeFile(path, [pixels]);
  await writeFile(`${path}.json`, JSON.stringify(record));
  return record;
}

function sizeOf(path: string): Promise<number | undefined> {
  return stat(path).then(({ size }) => size, ifAbsent(undefined));
}
