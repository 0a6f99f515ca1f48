/** A few of the typefaces, drawn here; `typefaces.long.test.ts` draws them all. */
import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dataset } from '../dataset.ts';
import { installedVersion, readInstalledJson } from '../drawings/installed-package.ts';
import { trainingBatches } from '../sampling/batches.ts';
import { channelStatistics } from '../sampling/normalise.ts';
import { describeDataset } from '../testing/describe-dataset.ts';
import { wholePixels } from '../testing/whole-pixels.ts';
import { byCharacter } from './by-character.ts';
import { CHARACTERS } from './characters.ts';
import { readTypeface, renderCharacter } from './glyphs.ts';
import { MOST_BYTES, MOST_BYTES_MONOSPACE, TYPEFACE_PACKAGES } from './packages.ts';
import { typefacesOf } from './typefaces.ts';

const FEW = new Set([
  ...['abel', 'allura', 'bebas-neue', 'monofett'],
  ...['share-tech', 'share-tech-mono', 'slabo-13px', 'slabo-27px'],
]);
const packages = TYPEFACE_PACKAGES.filter(({ id }) => FEW.has(id));
const few = typefacesOf(packages);
const abel = packages.find(({ id }) => id === 'abel')!;

/** Of the pictures above. Another renderer draws other pictures. */
const PIXELS_SHA256 = '31d137423b7333e3e166c56d8456d9030f1ef2554871e9c9214d7aa5e5f28207';

let root: string;
let dataset: Dataset;
const progress: [number, number][] = [];
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'typefaces-'));
  dataset = await few.load({
    dataRoot: root,
    size: 32,
    onProgress: (done, total) => progress.push([done, total]),
  });
});
afterAll(() => rm(root, { recursive: true }));

const charactersOf = (id: string): string[] =>
  dataset.samples.filter(({ label }) => dataset.classNames[label] === id).map(({ character }) => character!);

describe('typefaces', () => {
  describeDataset(() => ({ dataset, size: 32 }));

  it('drops a near-copy of another typeface, and a typeface with too few different characters', () => {
    expect(dataset.classNames).toEqual([
      ...['abel', 'allura', 'bebas-neue', 'share-tech', 'slabo-13px', 'slabo-27px'],
    ]);
  });

  it('drops small letters that are capitals, and keeps those that differ', () => {
    const [capitals, mixed] = [charactersOf('bebas-neue'), charactersOf('allura')];
    expect(capitals.filter((character) => /[a-z]/.test(character))).toEqual([]);
    expect(capitals.length).toBeGreaterThan(30);
    expect(mixed).toEqual(CHARACTERS);
  });

  it('keeps relatives on one side', () => {
    const sideOf = (id: string) =>
      Object.entries(dataset.split).find(([, labels]) => labels.includes(dataset.classNames.indexOf(id)))![0];
    expect(sideOf('slabo-13px')).toBe(sideOf('slabo-27px'));
  });

  it('is the same again, to the byte', async () => {
    expect(createHash('sha256').update(wholePixels(dataset)).digest('hex')).toBe(PIXELS_SHA256);
    await rm(join(root, 'typefaces', 'typefaces-32.pack'));
    const again = await few.load({ dataRoot: root, size: 32 });
    expect(again.manifestHash).toBe(dataset.manifestHash);
  });

  it('reports progress up to the end', () => {
    const total = packages.length * CHARACTERS.length;
    expect(progress).toEqual(Array.from({ length: total }, (_, at) => [at + 1, total]));
  });

  it('has the same samples at another size', async () => {
    const small = await few.load({ dataRoot: root, size: 8 });
    expect(small.imageSize).toBe(8);
    expect(small.samples).toEqual(dataset.samples);
    expect(small.split).toEqual(dataset.split);
  });

  it('is found once it is packed, until a package or a rule changes', async () => {
    const options = { dataRoot: root, size: 32 };
    expect((await few.find(options))?.manifestHash).toBe(dataset.manifestHash);
    expect(await typefacesOf(packages.slice(1)).find(options)).toBeUndefined();
    expect(await few.find({ dataRoot: root, size: 9 })).toBeUndefined();
  });

  it('refuses a damaged pack', async () => {
    const path = join(root, 'typefaces', 'typefaces-9.pack');
    await writeFile(path, 'CLCEPACK');
    await expect(few.load({ dataRoot: root, size: 9 })).rejects.toThrow(
      `${path} is corrupt: the length is 8`,
    );
  });

  it.each([7, 513, 32.5])('refuses the size %d', async (size) => {
    await expect(few.load({ dataRoot: root, size })).rejects.toThrow(
      `typefaces can be rendered at 8 to 512 pixels, not ${size}.`,
    );
  });

  it.each([
    [
      'missing',
      { ...abel, id: 'none' },
      'files/none-latin-400-normal.woff2 of the package @fontsource/none is missing; run "npx',
    ],
    [
      'another version',
      { ...abel, sha256: '0123456789abcdef' },
      `files/abel-latin-400-normal.woff2 of the package @fontsource/abel has the SHA-256 ${abel.sha256}…, expected 0123456789abcdef…; run "npx`,
    ],
  ])('says in one line which package is %s', async (_, damaged, message) => {
    const error: unknown = await typefacesOf([damaged])
      .load({ dataRoot: join(root, 'damaged'), size: 32 })
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'DatasetError', message: expect.stringContaining(message) });
    expect((error as Error).message).not.toContain('\n');
  });
});

describe('typefaces by character', () => {
  let byCharacters: Dataset;
  beforeAll(async () => {
    byCharacters = await byCharacter(few).load({ dataRoot: root, size: 32 });
  });

  describeDataset(() => ({ dataset: byCharacters, size: 32 }));

  it('shows no character on two sides, and every typeface on each', () => {
    const shown = { train: new Set<string>(), validation: new Set<string>(), test: new Set<string>() };
    const labels = { train: new Set<number>(), validation: new Set<number>(), test: new Set<number>() };
    for (const { character, label, partition } of byCharacters.samples) {
      const side = partition as keyof typeof shown;
      shown[side].add(character!);
      labels[side].add(label);
    }
    const all = Object.values(shown).flatMap((side) => [...side]);
    expect(all.sort()).toEqual([...CHARACTERS].sort());
    for (const side of Object.values(labels)) expect(side.size).toBe(byCharacters.classNames.length);
  });

  it('trains on no character that is held out', () => {
    const { split } = byCharacters;
    const statistics = channelStatistics(byCharacters, split.base);
    const batches = trainingBatches({
      ...{ dataset: byCharacters, classIndices: split.base, statistics },
      ...{ batchSize: 64, seed: 1 },
    });
    for (let step = 0; step < 2 * batches.batchesPerEpoch; step++) {
      for (const row of batches.rowsAt(step)) expect(byCharacters.samples[row]!.partition).toBe('train');
    }
  });

  it('is another data set than typefaces', () => {
    expect(byCharacters.manifestHash).not.toBe(dataset.manifestHash);
    expect(Buffer.compare(wholePixels(byCharacters), wholePixels(dataset))).toBe(0);
  });
});

describe('renderCharacter', () => {
  /** Rows of a character as text: # black, . white, + anything between. */
  async function picture(character: string): Promise<string[]> {
    const pixels = await renderCharacter(await readTypeface(abel), character, 32);
    const letters = Array.from({ length: 32 * 32 }, (_, i) => {
      const grey = pixels[3 * i]!;
      return grey === 0 ? '#' : grey === 255 ? '.' : '+';
    });
    return Array.from({ length: 32 }, (_, y) => letters.slice(32 * y, 32 * (y + 1)).join(''));
  }

  it('puts letters on the baseline, 23 of 32 from the top, and lets others reach below it', async () => {
    const blank = '.'.repeat(32);
    const [flat, deep] = [await picture('F'), await picture('g')];
    expect(flat[22]).not.toBe(blank);
    expect(flat.slice(23)).toEqual(new Array(9).fill(blank));
    expect(deep[24]).not.toBe(blank);
  });

  it('centres the ink, and mirrors nothing', async () => {
    const rows = await picture('F');
    const inked = Array.from({ length: 32 }, (_, x) => rows.some((row) => row[x] !== '.'));
    expect(inked.indexOf(true)).toBe(31 - inked.lastIndexOf(true));
    const [left, right] = [inked.indexOf(true), inked.lastIndexOf(true)];
    const black = (x: number) => rows.filter((row) => row[x] !== '.').length;
    expect(black(left)).toBeGreaterThan(black(right));
  });

  it('says which character is missing', async () => {
    const typeface = await readTypeface(abel);
    expect(() => typeface.svg('漢', 32)).toThrow(
      'files/abel-latin-400-normal.woff2 of the package @fontsource/abel has no character 漢.',
    );
  });
});

describe('the font packages', () => {
  it('have the licence that they declare, the pinned version and no more bytes than the rule allows', async () => {
    const { dependencies } = JSON.parse(
      await readFile(new URL('../../package.json', import.meta.url), 'utf8'),
    ) as { dependencies: Record<string, string> };
    for (const { id, license } of TYPEFACE_PACKAGES) {
      const name = `@fontsource/${id}`;
      const stated = (await readInstalledJson(name, 'metadata.json')) as {
        category: string;
        license: { type: string };
      };
      expect(stated.license.type.toLowerCase()).toBe(license.toLowerCase());
      const most = stated.category === 'monospace' ? MOST_BYTES_MONOSPACE : MOST_BYTES;
      expect(bytesOf(name)).toBeLessThanOrEqual(most);
      expect(['OFL-1.1', 'Apache-2.0', 'MIT']).toContain(license);
      expect(dependencies[name]).toBe(await installedVersion(name));
    }
    const named = Object.keys(dependencies).filter((name) => name.startsWith('@fontsource/'));
    expect(named).toEqual(TYPEFACE_PACKAGES.map(({ id }) => `@fontsource/${id}`));
  });
});

/** Bytes of all files of an installed package. */
function bytesOf(name: string): number {
  const folder = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
