import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageAt } from '../dataset.ts';
import { checkedIndex, sourceAdapter } from '../load-source.ts';
import { placeMiniature } from '../testing/tiny/place.ts';
import { pictureOf, range, TINY_SIZE, type TinySet } from '../testing/tiny/tiny-set.ts';
import { tinySets } from '../testing/tiny/tiny-sets.ts';
import { fashionMnist } from './fashion-mnist.ts';

/** Debian's, which python3-torchvision installs to. */
const PYTHON = '/usr/bin/python3';
const READER = fileURLToPath(new URL('../testing/torchvision-reader.py', import.meta.url));
const DEBIAN_FASHION = '/usr/share/datasets/fashion-mnist';

const missing = whatIsMissing();

interface Theirs {
  partition: 'train' | 'validation' | 'test' | 'all';
  label: number;
  name: string | null;
  pixels: string;
}

/** How torchvision wants the files of a distribution: links by name below its root, to paths below the place of the set. */
const LAYOUTS: readonly { set: string; distribution: string; links: Readonly<Record<string, string>> }[] = [
  { set: 'cifar-100', distribution: 'python', links: { 'cifar-100-python': 'extracted/cifar-100-python' } },
  {
    set: 'caltech-256',
    distribution: 'official',
    links: { 'caltech256/256_ObjectCategories': 'extracted/256_ObjectCategories' },
  },
  { set: 'oxford-102-flowers', distribution: 'official', links: { 'flowers-102': 'extracted' } },
  { set: 'oxford-iiit-pets', distribution: 'official', links: { 'oxford-iiit-pet': 'extracted' } },
  { set: 'places365', distribution: 'small', links: placesLinks('256') },
  { set: 'places365', distribution: 'standard', links: placesLinks('large') },
  { set: 'inaturalist-2017', distribution: 'official', links: { '2017': 'extracted/train_val_images' } },
  {
    set: 'imagenet-1k',
    distribution: 'archives',
    links: Object.fromEntries(
      ['ILSVRC2012_img_train.tar', 'ILSVRC2012_img_val.tar', 'ILSVRC2012_devkit_t12.tar.gz'].map((name) => [
        name,
        `archives/${name}`,
      ]),
    ),
  },
];

describe.skipIf(missing !== undefined)(`as torchvision reads it${missing ?? ''}`, () => {
  let folder = '';
  let sets: TinySet[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'torchvision-'));
    const pool = await Promise.all(range(64).map(jpeg));
    sets = tinySets((picture) => pool[picture % pool.length]!);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(LAYOUTS)(
    '$set ($distribution): labels, order and pixels',
    async ({ set: name, distribution, links }) => {
      const set = sets.find(({ source }) => source.name === name)!;
      const root = join(folder, `${name}-${distribution}`);
      await placeMiniature(root, set, distribution);
      const { size } = set.distributions.find((candidate) => candidate.name === distribution)!;
      const dataset = await sourceAdapter(set.source).load({ dataRoot: root, size });

      const theirRoot = join(root, 'torchvision', distribution);
      for (const [link, target] of Object.entries(links)) {
        await mkdir(dirname(join(theirRoot, link)), { recursive: true });
        await symlink(join(root, name, target), join(theirRoot, link));
      }
      const theirs = await readByTorchvision(name, theirRoot);
      const ours = dataset.samples.map(({ id, label, partition }, row) => ({
        id,
        label,
        partition,
        pixels: sha256(imageAt(dataset, row)),
      }));

      if (name === 'inaturalist-2017') {
        // torchvision lists folders and does not know the split, so labels are compared by the name of the folder.
        const byFile = new Map(
          ours.map(({ id, ...sample }) => [id.replace('train_val_images/', ''), sample]),
        );
        expect(theirs.map((sample) => sample.name).sort()).toEqual([...byFile.keys()].sort());
        for (const { name: file, pixels } of theirs) {
          const own = byFile.get(file!)!;
          expect(own.pixels).toBe(pixels);
          expect(dataset.classNames[own.label]).toBe(file!.split('/')[1]);
        }
        return;
      }
      // torchvision keeps Caltech's clutter, the last class; and lists ImageNet's validation images class by class.
      const kept = theirs.filter(({ label }) => label < dataset.classNames.length);
      const inTheirOrder =
        name === 'imagenet-1k'
          ? ours.toSorted((a, b) => sideOf(a) - sideOf(b) || a.label - b.label || (a.id < b.id ? -1 : 1))
          : ours;
      expect(kept.length).toBeGreaterThan(3);
      expect(kept.map(({ label, pixels }) => ({ label, pixels }))).toEqual(
        inTheirOrder.map(({ label, pixels }) => ({ label, pixels })),
      );
      if (name !== 'caltech-256') {
        expect(kept.map(({ partition }) => partition)).toEqual(
          inTheirOrder.map(({ partition }) => partition),
        );
      }
    },
  );
});

const noFashion = fashionMissing();

// Debian compresses the files anew, so their checksums are not the published ones; their contents are compared instead.
describe.skipIf(noFashion !== undefined)(`Debian's Fashion-MNIST${noFashion ?? ''}`, () => {
  it('has the published counts, and is found without being fetched', async () => {
    const index = await checkedIndex(fashionMnist, join(tmpdir(), 'there-is-no-such-folder'));
    expect(index.distribution.name).toBe('debian');
    expect(index.samples).toHaveLength(70_000);
  });

  it.skipIf(missing !== undefined)(
    `all 70,000 pictures as torchvision reads them${missing ?? ''}`,
    async () => {
      const root = await mkdtemp(join(tmpdir(), 'fashion-'));
      try {
        const raw = join(root, 'FashionMNIST', 'raw');
        await mkdir(raw, { recursive: true });
        for (const { name } of fashionMnist.distributions[0].files) {
          await writeFile(
            join(raw, name.replace('.gz', '')),
            gunzipSync(await readFile(join(DEBIAN_FASHION, name))),
          );
        }
        const theirs = await readByTorchvision('fashion-mnist', root);
        const index = await fashionMnist.distributions[0].index(DEBIAN_FASHION, DEBIAN_FASHION);
        const ours = await Promise.all(
          index.samples.map(async ({ label, partition, image }) => ({
            partition,
            label,
            name: null,
            pixels: image.kind === 'pixels' ? sha256(await image.read()) : '',
          })),
        );
        const different = ours.filter(
          (sample, i) => JSON.stringify(sample) !== JSON.stringify({ ...theirs[i] }),
        );
        expect(theirs).toHaveLength(70_000);
        expect(different).toEqual([]);
      } finally {
        await rm(root, { recursive: true, force: true });
      }
    },
  );
});

function sideOf({ partition }: { partition: string | undefined }): number {
  return partition === 'train' ? 0 : 1;
}

function placesLinks(size: string): Record<string, string> {
  return {
    [`data_${size}_standard`]: `extracted/data_${size}`,
    [`val_${size}`]: `extracted/val_${size}`,
    ...Object.fromEntries(
      ['categories_places365.txt', 'places365_train_standard.txt', 'places365_val.txt'].map((file) => [
        file,
        `extracted/${file}`,
      ]),
    ),
  };
}

/** A JPEG with halved chroma, as most photographs are. */
function jpeg(picture: number): Promise<Buffer> {
  const raw = { width: TINY_SIZE, height: TINY_SIZE, channels: 3 } as const;
  return sharp(pictureOf(picture), { raw }).blur(1).jpeg({ quality: 85 }).toBuffer();
}

async function readByTorchvision(name: string, root: string): Promise<Theirs[]> {
  const { stdout } = await promisify(execFile)(PYTHON, [READER, name, root], { maxBuffer: 2 ** 26 });
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Theirs);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function whatIsMissing(): string | undefined {
  try {
    execFileSync(PYTHON, ['-c', 'import torchvision, scipy.io'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return ' (skipped: no python3-torchvision; apt-get install python3-torchvision python3-scipy)';
  }
}

function fashionMissing(): string | undefined {
  if (existsSync(DEBIAN_FASHION)) return undefined;
  return ' (skipped: not installed; apt-get install dataset-fashion-mnist)';
}
