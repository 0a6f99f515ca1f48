/** Fetches, checks and unpacks the official files of a set, for `clce data fetch` and `clce data verify`. */
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatasetSource, Distribution, RemoteFile } from '../adapter.ts';
import { DatasetError } from '../errors.ts';
import { checkedIndex } from '../load-source.ts';
import { type ChecksumVerdict, checkFile, pin } from './checksum.ts';
import { checkSpace } from './disk-space.ts';
import { type DownloadOptions, download } from './download.ts';
import { notThere } from './not-there.ts';
import { distributionOf, extractedRoot, isThere, missingFrom, missingOf, placesOf } from './places.ts';
import { type OpenOutput, unpack } from './unpack.ts';

export interface FetchOptions {
  /** Folder of all data sets. */
  dataRoot: string;
  /** Name of a distribution; the first by default. */
  distribution?: string;
  /** Finds a set by name, for distributions that read another set. */
  sourceNamed: (name: string) => DatasetSource;
  onProgress?: (progress: FetchProgress) => void;
  download?: Omit<DownloadOptions, 'onProgress'>;
  /** Opens output files; replaced by tests. */
  open?: OpenOutput;
}

export type FetchProgress =
  | { step: 'download'; file: string; received: number; total: number | undefined }
  | { step: 'checked'; file: string; verdict: ChecksumVerdict }
  | { step: 'unpack'; file: string };

/**
 * Fetches, checks and unpacks a set. Finished steps are skipped.
 *
 * @returns the extracted folder
 * @throws {DatasetError} with its fault; only checked files and resumable parts stay on disk
 */
export async function fetchDataset(source: DatasetSource, options: FetchOptions): Promise<string> {
  const { dataRoot } = options;
  const distribution = distributionOf(source, options.distribution);
  const extracted = extractedRoot(dataRoot, source, distribution);
  if ((await missingOf(dataRoot, source, distribution)).length === 0) return extracted;
  // Any distribution of the other set with the pictures is enough, such as ImageNet in folders.
  if (distribution.from !== undefined && (await missingFrom(extracted, distribution.layout)).length > 0) {
    const { distribution: _, ...rest } = options;
    await fetchDataset(options.sourceNamed(distribution.from), rest);
  }
  const unpinned: RemoteFile[] = [];
  for (const file of distribution.files) {
    if ((await fetchFile(source, distribution, file, options)) === 'first') unpinned.push(file);
  }
  await unpackAll(source, distribution, options);
  // Files are pinned only after unpacking, so that a damaged first download never becomes the reference.
  for (const file of unpinned) {
    await pin(dataRoot, source.name, file, join(placesOf(dataRoot, source.name).archives, file.name));
  }
  const missing = await missingOf(dataRoot, source, distribution);
  if (missing.length > 0) throw notThere(dataRoot, source, distribution, missing);
  return extracted;
}

async function fetchFile(
  source: DatasetSource,
  distribution: Distribution,
  file: RemoteFile,
  { dataRoot, onProgress, download: options }: FetchOptions,
): Promise<ChecksumVerdict | undefined> {
  const path = join(placesOf(dataRoot, source.name).archives, file.name);
  let verdict: ChecksumVerdict | undefined;
  const check = async (part: string): Promise<void> => {
    verdict = await checkFile(dataRoot, source.name, file, part);
  };
  if (await isThere(path)) {
    await check(path);
  } else {
    if (file.urls.length === 0) {
      throw notThere(dataRoot, source, distribution, [file.name], placesOf(dataRoot, source.name).archives);
    }
    await download(file, path, check, {
      ...options,
      onProgress: (received, total) => onProgress?.({ step: 'download', file: file.name, received, total }),
    });
  }
  if (verdict !== undefined) onProgress?.({ step: 'checked', file: file.name, verdict });
  return verdict;
}

/** Unpacks into a temporary folder, which is renamed to the extracted folder once it is complete. */
async function unpackAll(
  source: DatasetSource,
  distribution: Distribution,
  { dataRoot, onProgress, open }: FetchOptions,
): Promise<void> {
  const { folder, archives, extracted } = placesOf(dataRoot, source.name);
  if (distribution.files.length === 0) return;
  if (await isThere(extracted)) {
    const missing = (await missingOf(dataRoot, source, distribution)).join(', ');
    throw new DatasetError(
      `${extracted} is there but lacks ${missing}; move it away and fetch again.`,
      'corrupt',
    );
  }
  const underWay = join(folder, '.unpacking');
  await rm(underWay, { recursive: true, force: true });
  await mkdir(underWay, { recursive: true });
  try {
    // Photographs are already compressed, so the unpacked files need at least as much space as the archives.
    const sizes = distribution.files.reduce((total, { size = 0 }) => total + size, 0);
    await checkSpace(folder, sizes);
    for (const file of distribution.files) {
      onProgress?.({ step: 'unpack', file: file.name });
      await unpack(file, join(archives, file.name), underWay, open);
    }
    // With `from`, the layout describes the other set's folder, so it is not checked here.
    const missing = distribution.from === undefined ? await missingFrom(underWay, distribution.layout) : [];
    if (missing.length > 0) {
      throw new DatasetError(
        `the files of ${source.name} hold no ${missing.join(', ')}; they are not the official ones.`,
        'corrupt',
      );
    }
    await rename(underWay, extracted);
  } finally {
    await rm(underWay, { recursive: true, force: true });
  }
}

export interface Verification {
  /** Files whose checksum was compared; empty where only extracted files exist. */
  files: readonly { name: string; verdict: ChecksumVerdict }[];
  extracted: string;
  classes: number;
  samples: number;
}

/**
 * Compares the checksum of every archive on disk, and the counts of all samples.
 *
 * @throws {DatasetError} `missing`, `checksum` or `corrupt`
 */
export async function verifyDataset(
  source: DatasetSource,
  { dataRoot }: Pick<FetchOptions, 'dataRoot'>,
): Promise<Verification> {
  const index = await checkedIndex(source, dataRoot);
  const files: { name: string; verdict: ChecksumVerdict }[] = [];
  for (const file of index.distribution.files) {
    const path = join(placesOf(dataRoot, source.name).archives, file.name);
    if (!(await isThere(path))) continue;
    files.push({ name: file.name, verdict: await checkFile(dataRoot, source.name, file, path) });
  }
  const { classNames, samples } = index;
  return { files, extracted: index.root, classes: classNames.length, samples: samples.length };
}
