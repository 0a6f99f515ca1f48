// A pack is a data set in one file: decoded pixels, used without conversion, and a header that describes them.
// The idea is FFCV's (Leclerc et al., CVPR 2023). All integers are little-endian.
//
//   offset  bytes  content
//   0       8      magic "CLCEPACK"
//   8       4      version of this layout
//   12      4      length of the header, h
//   16      32     SHA-256 of the header: the manifest hash
//   48      h      header: canonical JSON (PackHeader)
//   48 + h  n      version 1: pixels, uint8 RGB, shape (samples, size, size, 3); n = samples · size · size · 3
//                  version 2: CRC-32 of each image, uint32; n = 4 · samples; the pixels are in shards (shards.ts)
//
// The header holds the SHA-256 of the bytes after it and of each shard, so the manifest hash covers all of them.

import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { canonicalJson, ifAbsent, writeFile } from '@clce/files';
import type { ClassSplit, Dataset, Sample } from '../dataset.ts';
import { DatasetError } from '../errors.ts';
import type { Reservable } from '../reserve/deal-reserve.ts';
import { type ShardedPixels, type ShardList, shardFiles, writeShards } from './shards.ts';

const MAGIC = 'CLCEPACK';
const WHOLE = 1;
const SHARDED = 2;
const PREFIX_BYTES = 48;
const CHANNELS = 3;

/** Maximum bytes of pixels in a pack: 2 GiB less 64 MiB for the header. */
export const MAX_PACK_BYTES = 2 ** 31 - 2 ** 26;

/** Bytes of one read from a pack. */
const READ_BYTES = 2 ** 26;

/** Source and software versions and settings that determine a pack's pixels. A change rebuilds the pack. */
export type PackProvenance = Readonly<Record<string, string>>;

/** The contents of a pack. */
export interface PackContent {
  name: string;
  imageSize: number;
  classNames: readonly string[];
  samples: readonly Sample[];
  split: ClassSplit;
  reservable?: Reservable;
  provenance: PackProvenance;
  /** RGB, shape (samples.length, imageSize, imageSize, 3). */
  pixels: Uint8Array;
}

interface PackHeader extends Omit<PackContent, 'pixels'> {
  channels: 3;
  count: number;
  /** SHA-256 of the bytes after the header. */
  pixelsSha256: string;
  /** Only in version 2. */
  shards?: ShardList;
}

/**
 * Writes a pack atomically; returns its manifest hash.
 *
 * @throws {DatasetError} if the number of pixels does not match the samples; {FileWriteError} if the disk is full
 */
export async function writePack(path: string, content: PackContent): Promise<string> {
  const { pixels, name, imageSize, samples } = content;
  const expected = samples.length * imageSize * imageSize * CHANNELS;
  if (pixels.length !== expected) {
    throw new DatasetError(`${name} has ${pixels.length} bytes of pixels; its samples need ${expected}.`);
  }
  return writeFileOf(path, WHOLE, content, pixels);
}

/**
 * Writes a pack with its pixels in shards beside it. Existing shards of the same content are kept.
 *
 * @param pixelsOf decodes images `from` to `to` − 1
 * @param code hash of the user's code behind `pixelsOf`; shards of other code are written again
 * @throws {DatasetError} from `pixelsOf`; {FileWriteError} if the disk is full
 */
export async function writeShardedPack(
  path: string,
  content: Omit<PackContent, 'pixels'>,
  shardBytes: number,
  pixelsOf: (from: number, to: number) => Promise<Uint8Array>,
  code?: string,
): Promise<string> {
  const bytesPerImage = content.imageSize ** 2 * CHANNELS;
  const rowsPerShard = Math.max(1, Math.floor(shardBytes / bytesPerImage));
  const { samples, provenance } = content;
  const layout = { count: samples.length, bytesPerImage, rowsPerShard };
  const madeOf = { provenance, ids: samples.map(({ id }) => id), ...(code !== undefined && { code }) };
  const { list, checksums } = await writeShards(shardFolder(path), layout, madeOf, pixelsOf);
  return writeFileOf(path, SHARDED, content, new Uint8Array(checksums.buffer), list);
}

function shardFolder(path: string): string {
  return path.replace(/\.pack$/, '.shards');
}

async function writeFileOf(
  path: string,
  version: number,
  { name, imageSize, classNames, samples, split, reservable, provenance }: Omit<PackContent, 'pixels'>,
  body: Uint8Array,
  shards?: ShardList,
): Promise<string> {
  const header: PackHeader = {
    ...{ name, imageSize, classNames, samples, split, provenance },
    ...(reservable && { reservable }),
    channels: CHANNELS,
    count: samples.length,
    pixelsSha256: sha256(body).toString('hex'),
    ...(shards && { shards }),
  };
  const json = Buffer.from(canonicalJson(header));
  const hash = sha256(json);
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.write(MAGIC, 0, 'latin1');
  prefix.writeUInt32LE(version, 8);
  prefix.writeUInt32LE(json.length, 12);
  hash.copy(prefix, 16);
  await writeFile(path, [prefix, json, body]);
  return hash.toString('hex');
}

/**
 * Reads a pack and checks magic, version, lengths and both hashes. Opening a sharded pack checks only the lengths of the
 * shards; each image is checked when it is read.
 *
 * @returns the data set and its provenance, or undefined if the file is missing
 * @throws {DatasetError} naming the file, the place and the expected value, if a check fails
 */
export async function readPack(
  path: string,
): Promise<{ dataset: Dataset; provenance: PackProvenance } | undefined> {
  const bytes = await readIfPresent(path);
  if (bytes === undefined) return undefined;
  const { header, body, manifestHash } = checkedParts(path, bytes);
  const { name, imageSize, channels, classNames, samples, split, reservable, provenance } = header;
  const pixels = header.shards === undefined ? body : await shardedPixels(path, header, header.shards, body);
  return {
    dataset: {
      ...{ name, manifestHash, imageSize, channels, classNames, samples, split, pixels },
      ...(reservable && { reservable }),
    },
    provenance,
  };
}

async function shardedPixels(
  path: string,
  { imageSize, channels, count }: PackHeader,
  shards: ShardList,
  body: Uint8Array,
): Promise<ShardedPixels> {
  const bytesPerImage = imageSize * imageSize * channels;
  const files = await shardFiles(shardFolder(path), shards, count, bytesPerImage);
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const checksums = new Uint32Array(new SharedArrayBuffer(4 * count));
  for (let row = 0; row < count; row++) checksums[row] = view.getUint32(4 * row, true);
  return { kind: 'shards', files, rowsPerShard: shards.rowsPerShard, bytesPerImage, checksums };
}

function checkedParts(
  path: string,
  bytes: Buffer,
): { header: PackHeader; body: Uint8Array; manifestHash: string } {
  function check(place: string, found: string | number, expected: string | number): void {
    if (found === expected) return;
    throw new DatasetError(
      `${path} is corrupt: ${place} is ${found}, expected ${expected}; delete it and it will be built again.`,
    );
  }
  if (bytes.length < PREFIX_BYTES) check('the length', bytes.length, `at least ${PREFIX_BYTES} bytes`);
  check('the magic (byte 0)', JSON.stringify(bytes.toString('latin1', 0, 8)), JSON.stringify(MAGIC));
  const version = bytes.readUInt32LE(8);
  if (version !== WHOLE && version !== SHARDED)
    check('the version (byte 8)', version, `${WHOLE} or ${SHARDED}`);
  const headerEnd = PREFIX_BYTES + bytes.readUInt32LE(12);
  if (bytes.length < headerEnd) check('the length', bytes.length, `at least ${headerEnd} bytes`);
  const json = bytes.subarray(PREFIX_BYTES, headerEnd);
  const manifestHash = bytes.toString('hex', 16, PREFIX_BYTES);
  check(
    `the SHA-256 of the header (bytes ${PREFIX_BYTES} to ${headerEnd})`,
    sha256(json).toString('hex'),
    manifestHash,
  );
  // The hash matches, so these are the bytes that writePack wrote.
  const header = JSON.parse(json.toString()) as PackHeader;
  const each = version === SHARDED ? 4 : header.imageSize * header.imageSize * header.channels;
  const length = headerEnd + header.count * each;
  check('the length', bytes.length, length);
  const body = new Uint8Array(bytes.buffer, bytes.byteOffset + headerEnd, length - headerEnd);
  check(
    `the SHA-256 of the pixels (bytes ${headerEnd} to ${length})`,
    sha256(body).toString('hex'),
    header.pixelsSha256,
  );
  return { header, body, manifestHash };
}

/** Reads the file into memory that threads share; undefined if it is missing. */
async function readIfPresent(path: string): Promise<Buffer | undefined> {
  const handle = await open(path, 'r').catch(ifAbsent(undefined));
  if (handle === undefined) return undefined;
  try {
    const { size } = await handle.stat();
    const bytes = Buffer.from(new SharedArrayBuffer(size));
    for (let filled = 0; filled < size; ) {
      const { bytesRead } = await handle.read(bytes, filled, Math.min(READ_BYTES, size - filled), filled);
      if (bytesRead === 0)
        throw new DatasetError(`${path} has become shorter while it was read; run again.`, 'corrupt');
      filled += bytesRead;
    }
    return bytes;
  } finally {
    await handle.close();
  }
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
