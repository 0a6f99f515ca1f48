/** The state of a set on disk, for `clce data list`. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatasetSource } from '../adapter.ts';
import { findExtracted, isThere, placesOf } from './places.ts';

export interface DataState {
  name: string;
  /**
   * `embedded`: built from installed packages. `ready`: can be loaded. `fetched`: archives are not yet unpacked.
   * `partial`: a download can be resumed. `by hand`: the user must place files. `absent`: can be fetched.
   */
  state: 'embedded' | 'ready' | 'fetched' | 'partial' | 'by hand' | 'absent';
  /** Name of the extracted distribution. */
  distribution?: string;
  /** Bytes on disk below the set's own folder, including packs. */
  bytes: number;
  /** Bytes that a fetch would download, where known. */
  downloadBytes?: number;
  /** Folder of the set, whether or not it exists. */
  place: string;
}

/** @param source undefined for a set that is built from installed packages */
export async function dataState(dataRoot: string, name: string, source?: DatasetSource): Promise<DataState> {
  const { folder, archives } = placesOf(dataRoot, name);
  const base = { name, bytes: await bytesBelow(folder), place: folder };
  if (source === undefined) return { ...base, state: 'embedded' };
  const found = await findExtracted(dataRoot, source);
  if (found !== undefined) {
    return { ...base, state: 'ready', distribution: found.distribution.name, place: found.root };
  }
  const { files } = source.distributions[0];
  const names = (await isThere(archives)) ? await readdir(archives) : [];
  const sizes = files.map(({ size }) => size);
  const known = sizes.length > 0 && sizes.every((size) => size !== undefined);
  const download = known
    ? { downloadBytes: sizes.reduce((total: number, size) => total + (size ?? 0), 0) }
    : {};
  if (names.some((file) => file.endsWith('.part'))) return { ...base, ...download, state: 'partial' };
  if (files.length > 0 && files.every((file) => names.includes(file.name)))
    return { ...base, state: 'fetched' };
  const byHand = source.distributions[0].manual !== undefined || files.some(({ urls }) => urls.length === 0);
  return { ...base, ...download, state: byHand ? 'by hand' : 'absent' };
}

/** Total bytes of all files below a folder, without following links; 0 for a missing folder. */
async function bytesBelow(folder: string): Promise<number> {
  if (!(await isThere(folder))) return 0;
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) bytes += await bytesBelow(path);
    else if (entry.isFile()) bytes += (await stat(path)).size;
  }
  return bytes;
}
