/**
 * What every adapter owes, on a miniature of its official files: fetched from a local server where the set can be
 * fetched and placed by hand where it cannot, checked, unpacked, indexed and loaded, with nothing patched out. A set
 * for pictures of one's own (no published counts) is held to the same on a folder of pictures.
 */
import { mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, sep } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DatasetIndex, DatasetSource, Distribution } from './adapter.ts';
import type { Dataset } from './dataset.ts';
import { DatasetError } from './errors.ts';
import { dataState } from './fetch/data-state.ts';
import { fetchDataset, verifyDataset } from './fetch/fetch-dataset.ts';
import { checkedIndex, type FoundIndex, sourceAdapter } from './load-source.ts';
import { SOURCES } from './registry.ts';
import { describeDataset } from './testing/describe-dataset.ts';
import { type FileServer, fileServer } from './testing/file-server.ts';
import { noise, png, type Tree } from './testing/tiny/archives.ts';
import { placeMiniature } from './testing/tiny/place.ts';
import type { TinyDistribution, TinySet } from './testing/tiny/tiny-set.ts';
import { tinySets } from './testing/tiny/tiny-sets.ts';
import { wholePixels } from './testing/whole-pixels.ts';

interface Case {
  name: string;
  source: DatasetSource;
  size: number;
  /** Brings the files to where `fetchDataset` finds them. */
  place(root: string): Promise<DatasetSource>;
}

let server: FileServer;
let folder: string;
beforeAll(async () => {
  server = await fileServer();
  folder = await realpath(await mkdtemp(join(tmpdir(), 'clce-conformance-')));
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const CASES: Case[] = [
  ...tinySets().flatMap((set) =>
    set.distributions.map((distribution) => ({
      name: `${set.source.name} (${distribution.name})`,
      source: set.source,
      size: distribution.size,
      place: (root: string) => offer(root, set, distribution),
    })),
  ),
  ...SOURCES.filter(({ expected }) => expected === undefined).map((source) => ({
    name: `${source.name} (pictures)`,
    source,
    size: 8,
    place: async (root: string) => {
      await writeTree(join(root, source.name, 'extracted'), ownPictures());
      return source;
    },
  })),
];

it('covers every registered set', () => {
  expect([...new Set(CASES.map(({ source }) => source.name))].sort()).toEqual(
    SOURCES.map(({ name }) => name).sort(),
  );
});

describe.each(CASES)('$name', ({ name, size, place }) => {
  let root: string;
  let source: DatasetSource;
  let index: FoundIndex;
  let dataset: Dataset;

  beforeAll(async () => {
    root = join(folder, name.replaceAll(/\W+/g, '-'));
    source = await place(root);
    const distribution = /\((.*)\)$/.exec(name)?.[1];
    await fetchDataset(source, {
      dataRoot: root,
      sourceNamed: (other) => miniatureNamed(other).source,
      download: { backoffMs: 1 },
      ...(source.distributions.some((one) => one.name === distribution) && { distribution: distribution! }),
    });
    index = await checkedIndex(source, root);
    dataset = await sourceAdapter(source).load({ dataRoot: root, size });
  });

  it('verifies: checksums compared, counts as expected', async () => {
    const { classes, samples, files } = await verifyDataset(source, { dataRoot: root });
    expect([classes, samples]).toEqual([dataset.classNames.length, dataset.samples.length]);
    // A pin is written when a file is first fetched or found, so that none is unknown afterwards.
    for (const { verdict } of files) expect(['published', 'pinned']).toContain(verdict);
    expect((await dataState(root, source.name, source)).state).toBe('ready');
  });

  describeDataset(() => ({ dataset, size }));

  it('is the same again: ids, order, pixels and hash', async () => {
    const again = await checkedIndex(source, root);
    expect(again.samples.map(({ id }) => id)).toEqual(index.samples.map(({ id }) => id));
    await rm(join(root, source.name, `${source.name}-${size}.pack`));
    const rebuilt = await sourceAdapter(source).load({ dataRoot: root, size });
    expect(rebuilt.manifestHash).toBe(dataset.manifestHash);
    expect(Buffer.compare(wholePixels(rebuilt), wholePixels(dataset))).toBe(0);
  });

  it('is another set after its adapter is edited, although a pack exists', async () => {
    const edits: ((index: DatasetIndex) => Partial<DatasetIndex>)[] = [
      ({ split: { base, ...others } }) => ({ split: { ...others, base: base.slice(1) } }),
      ({ classNames: [first, ...others] }) => ({ classNames: [`not ${first}`, ...others] }),
      ({ classNames, samples: [first, ...others] }) => ({
        samples: [{ ...first!, label: (first!.label + 1) % classNames.length }, ...others],
      }),
    ];
    const hashes = [dataset.manifestHash];
    for (const edit of edits) {
      const { expected: _, ...rest } = source;
      const distributions = source.distributions.map((one) => ({
        ...one,
        async index(...places: Parameters<Distribution['index']>) {
          const index = await one.index(...places);
          return { ...index, ...edit(index) };
        },
      })) as unknown as DatasetSource['distributions'];
      hashes.push(
        (await sourceAdapter({ ...rest, distributions }).load({ dataRoot: root, size })).manifestHash,
      );
    }
    expect(new Set(hashes).size).toBe(hashes.length);
    expect((await sourceAdapter(source).load({ dataRoot: root, size })).manifestHash).toBe(
      dataset.manifestHash,
    );
  });

  it('reads nothing outside its root', async () => {
    for (const { image } of index.samples) {
      if (image.kind !== 'file') continue;
      expect(image.path).not.toMatch(/^\/|\\|(^|\/)\.\.(\/|$)/);
      const real = await realpath(join(index.root, image.path));
      expect(real.startsWith((await realpath(index.root)) + sep)).toBe(true);
    }
  });

  it('leaves nothing but archives, extracted files and packs', async () => {
    const left = (await readdir(join(root, source.name))).filter((entry) => !entry.endsWith('.pack'));
    for (const entry of left) expect(['archives', 'extracted']).toContain(entry);
    for (const file of await readdir(join(root, source.name, 'archives')).catch(() => [])) {
      expect(file).not.toContain('.part');
    }
  });

  it('tells the user how to continue when no file exists', async () => {
    const empty = join(folder, 'empty');
    // A distribution that a system package installs may be there all the same.
    const absent = { ...source, distributions: [source.distributions[0]] as [Distribution] };
    const error: unknown = await sourceAdapter(absent)
      .load({ dataRoot: empty, size })
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DatasetError);
    expect(error).toMatchObject({ fault: 'missing', message: expect.stringContaining(empty) });
  });
});

function miniatureNamed(name: string): TinySet {
  return tinySets().find(({ source }) => source.name === name)!;
}

/** The set with addresses of the local server; what has no address is placed by hand, as its user would. */
async function offer(root: string, set: TinySet, distribution: TinyDistribution): Promise<DatasetSource> {
  const { source } = set;
  const fetchable = source.distributions
    .find(({ name }) => name === distribution.name)!
    .files.every(({ urls }) => urls.length > 0);
  if (distribution.from !== undefined) await placeMiniature(root, distribution.from[0], distribution.from[1]);
  if (!fetchable || distribution.placed !== undefined) {
    await placeMiniature(root, set, distribution.name);
    return source;
  }
  for (const [file, content] of Object.entries(distribution.archives)) {
    server.files.set(`${source.name}/${file}`, content);
  }
  const offered = source.distributions.map((one) => ({
    ...one,
    files: one.files.map((file) => ({ ...file, urls: [`${server.url}/${source.name}/${file.name}`] })),
  }));
  return { ...source, distributions: offered as unknown as DatasetSource['distributions'] };
}

/** Five classes of four pictures. */
function ownPictures(): Tree {
  const entries = Array.from({ length: 20 }, (_, i) => {
    const picture = png(noise(i, 8 * 8 * 3), 8, 8);
    return [`class-${i % 5}/${i}.png`, picture] as const;
  });
  return Object.fromEntries(entries);
}

async function writeTree(target: string, tree: Tree): Promise<void> {
  for (const [path, content] of Object.entries(tree)) {
    await mkdir(dirname(join(target, path)), { recursive: true });
    await writeFile(join(target, path), content);
  }
}
