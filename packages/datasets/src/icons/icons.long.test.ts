/** The icons rendered anew, which takes half a minute; what other tests use was rendered by the set-up of vitest. */
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Dataset } from '../dataset.ts';
import { correlation, standardise } from '../drawings/correlation.ts';
import { NEAR_DUPLICATE } from '../drawings/near-duplicates.ts';
import { readPack, writePack } from '../pack/pack.ts';
import { wholePixels } from '../testing/whole-pixels.ts';
import { iconsCard } from './card.ts';
import { icons } from './icons.ts';
import { selectIcons } from './selection.ts';

let root: string;
let dataset: Dataset;
const progress: [number, number][] = [];
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'icons-'));
  dataset = await icons.load({
    dataRoot: root,
    size: 32,
    onProgress: (done, total) => progress.push([done, total]),
  });
});
afterAll(() => rm(root, { recursive: true }));

it('are the icons that other tests use', async () => {
  const used = await icons.load({ dataRoot: process.env['CLCE_TEST_ICONS']!, size: 32 });
  expect(dataset.manifestHash).toBe(used.manifestHash);
});

it('have no blank drawing, and no near-duplicates in a class or across families', () => {
  const images = standardise(wholePixels(dataset), 32 * 32);
  const familyOf = new Map(
    dataset.reservable!.families.flatMap((family, place) => family.map((label) => [label, place])),
  );
  dataset.samples.forEach((a, i) => {
    expect(correlation(images, i, i)).toBeCloseTo(1, 3);
    // Every 31st sample against all others: the whole square takes minutes.
    if (i % 31 !== 0) return;
    dataset.samples.forEach((b, j) => {
      if (i === j || (a.label !== b.label && familyOf.get(a.label) === familyOf.get(b.label))) return;
      const r = correlation(images, i, j);
      if (r > NEAR_DUPLICATE) expect.fail(`${a.id} and ${b.id} correlate by ${r}`);
    });
  });
});

it('match the committed card', async () => {
  const committed = await readFile(new URL('../../../../datasets/icons.md', import.meta.url), 'utf8');
  expect(iconsCard(await selectIcons())).toBe(committed);
});

it('report progress up to the end', async () => {
  const [done, total] = progress.at(-1)!;
  expect(done).toBe(total);
  expect(total).toBe((await selectIcons()).counts.candidateDrawings);
});

it('are read from the pack the second time, and built again if the pack comes from other versions', async () => {
  const path = join(root, 'icons', 'icons-32.pack');
  const built = (await stat(path)).mtimeMs;
  const again = await icons.load({ dataRoot: root, size: 32 });
  expect(again.manifestHash).toBe(dataset.manifestHash);
  expect((await stat(path)).mtimeMs).toBe(built);

  const pack = await readPack(path);
  await writePack(path, {
    ...dataset,
    pixels: wholePixels(dataset),
    provenance: { ...pack!.provenance, sharp: '0.0.1' },
  });
  const rebuilt = await icons.load({ dataRoot: root, size: 32 });
  expect(rebuilt.manifestHash).toBe(dataset.manifestHash);
});
