/**
 * Paths of a set's files below the data folder:
 *
 *     ROOT/lock.json               SHA-256 of files without a published checksum
 *     ROOT/NAME/archives/FILE      official files, checked; FILE.part and FILE.part.json during a download
 *     ROOT/NAME/extracted/         extracted files, complete or absent
 *     ROOT/NAME/NAME-SIZE.pack     decoded pixels
 */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatasetSource, Distribution } from '../adapter.ts';
import { DatasetError } from '../errors.ts';

export interface Places {
  folder: string;
  archives: string;
  extracted: string;
}

export function placesOf(dataRoot: string, name: string): Places {
  const folder = join(dataRoot, name);
  return { folder, archives: join(folder, 'archives'), extracted: join(folder, 'extracted') };
}

/** Folder of a distribution's extracted files, whether or not it exists. */
export function extractedRoot(dataRoot: string, source: DatasetSource, distribution: Distribution): string {
  return distribution.installedAt ?? placesOf(dataRoot, distribution.from ?? source.name).extracted;
}

/** The first complete distribution, its folder, and the folder of the set's own files. */
export async function findExtracted(
  dataRoot: string,
  source: DatasetSource,
): Promise<{ distribution: Distribution; root: string; own: string } | undefined> {
  for (const distribution of source.distributions) {
    if ((await missingOf(dataRoot, source, distribution)).length > 0) continue;
    const folder = extractedRoot(dataRoot, source, distribution);
    const own = distribution.from === undefined ? folder : placesOf(dataRoot, source.name).extracted;
    return { distribution, root: folder, own };
  }
  return undefined;
}

/** Missing paths of a distribution: paths of its layout and, where it reads another set, its own files. */
export async function missingOf(
  dataRoot: string,
  source: DatasetSource,
  distribution: Distribution,
): Promise<string[]> {
  const missing = await missingFrom(extractedRoot(dataRoot, source, distribution), distribution.layout);
  if (distribution.from === undefined) return missing;
  const own = distribution.files.map(({ name }) => name);
  return [...missing, ...(await missingFrom(placesOf(dataRoot, source.name).extracted, own))];
}

/** The paths that do not exist below the folder. */
export async function missingFrom(folder: string, paths: readonly string[]): Promise<string[]> {
  const there = await Promise.all(paths.map((path) => isThere(join(folder, path))));
  return paths.filter((_, i) => !there[i]);
}

export function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** One of the set's distributions. @throws {DatasetError} naming the choices */
export function distributionOf(source: DatasetSource, name?: string): Distribution {
  if (name === undefined) return source.distributions[0];
  const found = source.distributions.find((distribution) => distribution.name === name);
  if (found !== undefined) return found;
  const choices = source.distributions.map((distribution) => distribution.name).join(', ');
  throw new DatasetError(`${source.name} has no distribution "${name}"; it has ${choices}.`);
}
