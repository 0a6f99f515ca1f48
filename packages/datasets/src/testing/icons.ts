/**
 * Vitest's global set-up: renders the icons once for all tests. CLCE_TEST_ICONS names the folder of the packs, and tests copy
 * the packs from there. The packs stay until a file that draws them changes. A pack records the versions of its packages.
 *
 * CLCE_TEST_FEW_ICONS names a folder with a few of these icons, packed under the same name: a cell on them takes a third of the
 * time. They are for tests to which it does not matter what is in the pictures.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ClassSplit, Dataset } from '../dataset.ts';
import { icons } from '../icons/icons.ts';
import { type PackContent, readPack, writePack } from '../pack/pack.ts';
import { wholePixels } from './whole-pixels.ts';

const SIZES = [32, 16];

/** Classes of each side among the few, and samples of each class: more than a batch, an episode or a map of embeddings takes. */
const FEW = { base: 40, validation: 5, novel: 12 } satisfies Record<keyof ClassSplit, number>;
const FEW_SAMPLES = 24;

const programs = ['icons', 'drawings'].map((folder) =>
  fileURLToPath(new URL(`../${folder}`, import.meta.url)),
);
const cache = fileURLToPath(new URL('../../../../node_modules/.cache/clce-icons', import.meta.url));

export default async function packIcons(): Promise<void> {
  const current = hashOfSources();
  const few = `${current}-few`;
  for (const name of existsSync(cache) ? readdirSync(cache) : []) {
    if (name !== current && name !== few) rmSync(join(cache, name), { recursive: true, force: true });
  }
  const dataRoot = join(cache, current);
  for (const size of SIZES) {
    await icons.load({ dataRoot, size });
    const pack = join('icons', `icons-${size}.pack`);
    const { dataset, provenance } = (await readPack(join(dataRoot, pack)))!;
    await writePack(join(cache, few, pack), { ...fewOf(dataset), provenance });
  }
  process.env['CLCE_TEST_ICONS'] = dataRoot;
  process.env['CLCE_TEST_FEW_ICONS'] = join(cache, few);
}

/** The first classes of each side, and the first samples of each class. */
function fewOf(dataset: Dataset): Omit<PackContent, 'provenance'> {
  const { name, imageSize, split, samples, classNames } = dataset;
  const sides = Object.entries(FEW) as [keyof ClassSplit, number][];
  const kept = sides.flatMap(([side, count]) => split[side].slice(0, count)).sort((a, b) => a - b);
  const taken = new Map(kept.map((label) => [label, 0]));
  const rows = [...samples.keys()].filter((row) => {
    const count = taken.get(samples[row]!.label) ?? FEW_SAMPLES;
    if (count < FEW_SAMPLES) taken.set(samples[row]!.label, count + 1);
    return count < FEW_SAMPLES;
  });
  const newLabel = (label: number) => kept.indexOf(label);
  const chosen = (side: keyof ClassSplit) => split[side].slice(0, FEW[side]).map(newLabel);
  const bytes = imageSize * imageSize * 3;
  const pixels = wholePixels(dataset);
  return {
    name,
    imageSize,
    classNames: kept.map((label) => classNames[label]!),
    samples: rows.map((row) => ({ ...samples[row]!, label: newLabel(samples[row]!.label) })),
    split: { base: chosen('base'), validation: chosen('validation'), novel: chosen('novel') },
    pixels: Buffer.concat(rows.map((row) => pixels.subarray(row * bytes, (row + 1) * bytes))),
  };
}

function hashOfSources(): string {
  const hash = createHash('sha256');
  for (const folder of programs) {
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    const sources = files.filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
    for (const name of sources.sort()) hash.update(`${name}\0`).update(readFileSync(join(folder, name)));
  }
  return hash.digest('hex').slice(0, 16);
}
