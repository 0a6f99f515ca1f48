/** A folder of the user's own pictures as a data set that losses can be compared on. */
import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import sharp from 'sharp';
import type { Resizing, SourceSample } from '../adapter.ts';
import type { Dataset, DatasetAdapter, LoadOptions, Sample } from '../dataset.ts';
import { placesOf } from '../fetch/places.ts';
import { buildPack, requireSize } from '../pack/build-pack.ts';
import { DECODING_VERSION, decodeSamples, decoding, resizingOf } from '../pack/decode.ts';
import { type PackProvenance, readPack } from '../pack/pack.ts';
import { requireName } from '../require-source.ts';
import { examine, type PictureOptions, refuseBroken } from './examine.ts';
import { type FoundPicture, type FoundPictures, findPictures } from './files/find-pictures.ts';
import { groupsOf } from './groups.ts';
import { unchangedBytes } from './inspect.ts';
import { divisible } from './split.ts';

export interface PictureFolder extends PictureOptions {
  /** Lower case, digits and hyphens; the name of the set in tables and of its folder below the data root. */
  readonly name: string;
  /** A folder with a folder of pictures for each class. */
  readonly folder: string;
}

/**
 * Version of all rules that say which pictures are read and which belong together. Raise it where a change would give a folder other
 * samples or units.
 */
const PICTURES_VERSION = 1;

/** Photographs lie as their camera says. */
const RESIZING: Partial<Resizing> = { orientation: 'exif' };

/**
 * The data set of a folder of pictures. A sample's `group` is its unit: near-duplicates and pictures of one given group, which are never
 * on two sides of a split with a reserve.
 *
 * @throws {DatasetError} for a name that is none; `find` and `load` throw the errors of `lookAtPictures`, but pack a set that can answer
 *   nothing
 */
export function pictureFolder({ name, folder: given, ...options }: PictureFolder): DatasetAdapter {
  requireName(name);
  // Another process may have another working directory.
  const folder = resolve(given);
  return {
    name,
    title: `Pictures in ${folder}`,
    license: 'that of your pictures',
    citation: 'none',
    resizing: resizingOf(RESIZING),
    find: async (load) => (await lookUp(name, folder, options, load)).dataset,
    load: (load) => loadPictures(name, folder, options, load),
  };
}

/** Finds and hashes the pictures, and reads the pack if it is current. */
async function lookUp(
  name: string,
  folder: string,
  { groups, skipBroken = false }: PictureOptions,
  { dataRoot, size }: LoadOptions,
): Promise<{ found: FoundPictures; path: string; provenance: PackProvenance; dataset: Dataset | undefined }> {
  requireSize(name, size);
  const found = await findPictures(folder);
  if (!skipBroken) refuseBroken(folder, found.broken);
  const others = new Set([...found.unused, ...found.broken].map(({ path }) => path));
  const paths = found.pictures.map(({ path }) => path);
  const provenance = provenanceOf(found.pictures, (await groupsOf(paths, groups, others)).hash);
  const path = join(placesOf(dataRoot, name).folder, `${name}-${size}.pack`);
  const pack = await readPack(path);
  const isCurrent =
    pack !== undefined &&
    isDeepStrictEqual(pack.provenance, provenance) &&
    // A pack may have been made without broken pictures.
    (skipBroken || pack.dataset.samples.length === found.pictures.length);
  return { found, path, provenance, dataset: isCurrent ? pack.dataset : undefined };
}

async function loadPictures(
  name: string,
  folder: string,
  options: PictureOptions,
  load: LoadOptions,
): Promise<Dataset> {
  const { found, path, provenance, dataset } = await lookUp(name, folder, options, load);
  if (dataset !== undefined) return dataset;
  const { size, onProgress } = load;
  const { pictures, units } = await examine(found, options);
  const samples = pictures.map(({ path: id, label }, row): Sample => ({ id, label, group: units[row]! }));
  const { classNames, split, reservable } = divisible(name, found.classNames, samples);
  const content = { name, imageSize: size, classNames, samples, split, reservable, provenance };
  const sources = pictures.map((one) => sourceOf(folder, one));
  const decoded = (from: number, to: number) =>
    decodeSamples(folder, sources.slice(from, to), size, RESIZING, (done) =>
      onProgress?.(from + done, sources.length),
    );
  return buildPack(path, content, decoded, load);
}

/** The bytes are hashed again when they are decoded: no other picture is packed under this hash. */
function sourceOf(folder: string, picture: FoundPicture): Pick<SourceSample, 'id' | 'image'> {
  return { id: picture.path, image: { kind: 'encoded', read: () => unchangedBytes(folder, picture) } };
}

/** Everything that determines pixels, labels and units. It omits the folder's place, so that equal data has equal hashes. */
function provenanceOf(pictures: readonly FoundPicture[], groups: string): PackProvenance {
  const contents = createHash('sha256');
  for (const { path, sha256 } of pictures) contents.update(`${JSON.stringify([path, sha256])}\n`);
  return {
    pictures: String(PICTURES_VERSION),
    contents: contents.digest('hex'),
    groups,
    decoding: decoding(RESIZING),
    decodingVersion: String(DECODING_VERSION),
    sharp: sharp.versions.sharp ?? 'unknown',
    vips: sharp.versions.vips,
  };
}
