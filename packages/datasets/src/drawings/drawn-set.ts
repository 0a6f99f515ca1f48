import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import sharp from 'sharp';
import type { Dataset, DatasetAdapter, LoadOptions, Sample } from '../dataset.ts';
import { DatasetError } from '../errors.ts';
import { type PackContent, type PackProvenance, readPack, writePack } from '../pack/pack.ts';
import { installedVersion } from './installed-package.ts';

/** Height and width of the images by which samples are chosen, so that every size has the same samples in the same order. */
export const SELECTION_SIZE = 32;

/** A class has at least this many samples: 5-shot episodes with 15 queries need 20. */
export const MIN_SAMPLES = 20;

type Progress = LoadOptions['onProgress'];

/** A data set that is drawn from installed packages. */
export interface DrawnSet extends Omit<DatasetAdapter, 'find' | 'load'> {
  /** Version of the selection and the split. Another one makes another data set. */
  recipe: string;
  /** The rendering settings in words. */
  rendering: string;
  /** Installed packages whose versions determine the pixels. */
  packages: readonly string[];
  /** Chooses and draws the samples at `SELECTION_SIZE`. */
  select(onProgress?: Progress): Promise<Omit<PackContent, 'name' | 'imageSize' | 'provenance'>>;
  /** Draws chosen samples at another size. RGB, shape (samples.length, size, size, 3). */
  draw(samples: readonly Sample[], size: number, onProgress?: Progress): Promise<Uint8Array>;
}

/** Makes a loadable adapter. Nothing is downloaded: the first load draws the pictures, later loads read the pack. */
export function drawnSet(set: DrawnSet): DatasetAdapter {
  const { recipe: _, rendering, packages, select, draw, ...described } = set;
  const packPath = (dataRoot: string, size: number) => join(dataRoot, set.name, `${set.name}-${size}.pack`);

  async function find({ dataRoot, size }: LoadOptions): Promise<Dataset | undefined> {
    if (!Number.isInteger(size) || size < 8 || size > 512) {
      throw new DatasetError(`${set.name} can be rendered at 8 to 512 pixels, not ${size}.`);
    }
    const pack = await readPack(packPath(dataRoot, size));
    return pack !== undefined && isDeepStrictEqual(pack.provenance, await provenanceOf(set))
      ? pack.dataset
      : undefined;
  }

  async function load(options: LoadOptions): Promise<Dataset> {
    const found = await find(options);
    if (found !== undefined) return found;
    const { dataRoot, size, onProgress } = options;
    const content =
      size === SELECTION_SIZE
        ? await select(onProgress)
        : await drawAgain(await load({ ...options, size: SELECTION_SIZE }), size, onProgress);
    const path = packPath(dataRoot, size);
    const provenance = await provenanceOf(set);
    await writePack(path, { ...content, name: set.name, imageSize: size, provenance });
    const built = await readPack(path);
    if (built === undefined)
      throw new DatasetError(`${path} was removed while it was being built; run again.`);
    return built.dataset;
  }

  async function drawAgain(dataset: Dataset, size: number, onProgress: Progress) {
    const { classNames, samples, split, reservable } = dataset;
    return {
      classNames,
      samples,
      split,
      ...(reservable && { reservable }),
      pixels: await draw(samples, size, onProgress),
    };
  }

  return { ...described, find, load };
}

/** Everything that determines pixels and labels. A pack with another provenance is stale. */
async function provenanceOf({ recipe, rendering, packages }: DrawnSet): Promise<PackProvenance> {
  const versions: Record<string, string> = { recipe, rendering };
  for (const name of ['sharp', 'vips', 'rsvg'] as const) versions[name] = sharp.versions[name] ?? 'system';
  for (const name of packages) versions[name] = await installedVersion(name);
  return versions;
}
