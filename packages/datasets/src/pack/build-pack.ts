/** Decodes a set into its pack: one file, or shards beside it for a set that is too large for memory. */
import type { Dataset, LoadOptions } from '../dataset.ts';
import { DatasetError } from '../errors.ts';
import { MAX_PACK_BYTES, type PackContent, readPack, writePack, writeShardedPack } from './pack.ts';

/** Bytes of a shard. A shard is decoded in memory before it is written, so this bounds the memory for packing a large set. */
const SHARD_BYTES = 2 ** 28;

/** @throws {DatasetError} where images cannot be had at this height and width */
export function requireSize(name: string, size: number): void {
  if (Number.isInteger(size) && size >= 8 && size <= 512) return;
  throw new DatasetError(`${name} can be had at 8 to 512 pixels, not ${size}.`);
}

/**
 * @param decoded pixels of images `from` to `to` − 1
 * @param code hash of the user's code behind `decoded`
 * @throws {DatasetError} from `decoded`; {FileWriteError} if the disk is full
 */
export async function buildPack(
  path: string,
  content: Omit<PackContent, 'pixels'>,
  decoded: (from: number, to: number) => Promise<Uint8Array>,
  { shardedFrom = MAX_PACK_BYTES, shardBytes = SHARD_BYTES }: LoadOptions,
  code?: string,
): Promise<Dataset> {
  const { samples, imageSize } = content;
  if (samples.length * imageSize ** 2 * 3 > shardedFrom)
    await writeShardedPack(path, content, shardBytes, decoded, code);
  else await writePack(path, { ...content, pixels: await decoded(0, samples.length) });
  const built = await readPack(path);
  if (built === undefined) throw new DatasetError(`${path} was removed while it was being built; run again.`);
  return built.dataset;
}
