import { createRequire } from 'node:module';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import sharp from 'sharp';
import type { Dataset, DatasetAdapter, LoadOptions } from '../dataset.ts';
import { DatasetError } from '../errors.ts';
import { type PackContent, type PackProvenance, readPack, writePack } from '../pack/pack.ts';
import { readIconSets } from './catalogue.ts';
import { ICON_PACKAGES } from './packages.ts';
import { RENDERING, renderDrawings } from './render.ts';
import { SELECTION_SIZE, type Selection, samplesOf, selectIcons } from './selection.ts';

/** Version in the provenance. Raise it when a change to the selection or the split changes the data set. */
const RECIPE = '1';

/**
 * A class is a concept (calendar, shield, compass). A sample is one icon author's drawing of that concept. The icons are
 * rendered from installed packages, so nothing is downloaded. The first load takes a minute; later loads read the pack.
 */
export const icons: DatasetAdapter = {
  name: 'icons',
  title: 'Icons: one concept drawn by many authors',
  license:
    'the licence of each icon package: MIT, Apache-2.0, ISC, BSD-3-Clause, Unlicense (see datasets/icons.md)',
  citation: 'The authors of the icon packages, listed in datasets/icons.md, as packaged by Iconify.',
  find: findIcons,
  load: loadIcons,
};

async function findIcons({ dataRoot, size }: LoadOptions): Promise<Dataset | undefined> {
  if (!Number.isInteger(size) || size < 8 || size > 512) {
    throw new DatasetError(`icons can be rendered at 8 to 512 pixels, not ${size}.`);
  }
  const pack = await readPack(packPath(dataRoot, size));
  return pack !== undefined && isDeepStrictEqual(pack.provenance, currentProvenance())
    ? pack.dataset
    : undefined;
}

async function loadIcons(options: LoadOptions): Promise<Dataset> {
  const found = await findIcons(options);
  if (found !== undefined) return found;
  const { dataRoot, size, onProgress } = options;
  const content =
    size === SELECTION_SIZE
      ? packContent(await selectIcons(onProgress))
      : await renderAgain(
          await loadIcons({ dataRoot, size: SELECTION_SIZE, ...(onProgress && { onProgress }) }),
          size,
          onProgress,
        );
  const path = packPath(dataRoot, size);
  await writePack(path, { ...content, provenance: currentProvenance() });
  const built = await readPack(path);
  if (built === undefined) throw new DatasetError(`${path} was removed while it was being built; run again.`);
  return built.dataset;
}

function packPath(dataRoot: string, size: number): string {
  return join(dataRoot, 'icons', `icons-${size}.pack`);
}

/** The selected icons as a pack of 32×32 images. */
function packContent(selection: Selection): Omit<PackContent, 'provenance'> {
  const { concepts, split, pixels } = selection;
  const labels = new Map(concepts.map((concept, label) => [concept, label]));
  const labelsOf = (side: readonly string[]): number[] => side.map((concept) => labels.get(concept)!);
  return {
    name: icons.name,
    imageSize: SELECTION_SIZE,
    classNames: concepts,
    samples: samplesOf(selection),
    split: {
      base: labelsOf(split.base),
      validation: labelsOf(split.validation),
      novel: labelsOf(split.novel),
    },
    pixels,
  };
}

/** The samples of the selection, rendered at another size. */
async function renderAgain(
  dataset: Dataset,
  size: number,
  onProgress: LoadOptions['onProgress'],
): Promise<Omit<PackContent, 'provenance'>> {
  const { iconSets } = await readIconSets();
  const drawings = dataset.samples.map(({ id }) => {
    const [prefix, icon] = id.split(':');
    return { prefix: prefix!, icon: icon! };
  });
  const { name, classNames, samples, split } = dataset;
  const pixels = await renderDrawings(iconSets, drawings, size, onProgress);
  return { name, imageSize: size, classNames, samples, split, pixels };
}

/** Everything that determines pixels and labels. A pack with another provenance is stale. */
function currentProvenance(): PackProvenance {
  const require = createRequire(import.meta.url);
  const versions: Record<string, string> = { recipe: RECIPE, rendering: RENDERING };
  for (const name of ['sharp', 'vips', 'rsvg'] as const) versions[name] = sharp.versions[name] ?? 'system';
  for (const { prefix } of ICON_PACKAGES) {
    const name = `@iconify-json/${prefix}`;
    versions[name] = (require(`${name}/package.json`) as { version: string }).version;
  }
  return versions;
}
