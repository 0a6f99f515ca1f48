/**
 * The user's own pictures, with one folder of image files for each class. No files are fetched: `ROOT/folder/extracted` holds
 * the pictures or links to them. Any adapter with this layout can use `indexPictures`.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { DatasetIndex, DatasetSource, SourceSample } from '../adapter.ts';
import type { ClassSplit, Partition } from '../dataset.ts';
import { DatasetError } from '../errors.ts';
import { hashFile } from '../fetch/checksum.ts';
import { type ImageFolder, imageFolders } from '../readers/image-folder.ts';

export const folder: DatasetSource = {
  name: 'folder',
  title: 'A folder of pictures',
  description:
    'Your own pictures: a folder a class. Folders base, validation and novel above the classes lay down the few-shot ' +
    'split, folders train and test the split by sample; without either, classes are dealt out by a hash of their names.',
  license: 'that of your pictures',
  citation: 'none',
  splitRule: {
    rule:
      'As the folders say; otherwise 64 / 16 / 20 % of the classes, in the order of a salted hash of their names, are ' +
      'base, validation and novel.',
    source: 'the shares are those of miniImageNet (Ravi & Larochelle, ICLR 2017)',
  },
  distributions: [
    {
      name: 'pictures',
      files: [],
      manual:
        'Bring your own pictures, a folder a class, or a link to such a folder (docs/adding-a-dataset.md).',
      layout: ['.'],
      index: indexPictures,
    },
  ],
};

const SIDES = ['base', 'validation', 'novel'] as const;
const PARTITIONS = ['train', 'validation', 'test'] as const;

/** Part of every class's hash. Another word would make another split. */
const SALT = 'folder-1';

/**
 * Lists the pictures below `root` in one of three layouts: CLASS/FILE, SIDE/CLASS/FILE (base, validation, novel) or
 * PARTITION/CLASS/FILE (train, validation, test).
 *
 * @throws {DatasetError} `corrupt` if no layout matches, or a class is on two sides
 */
export async function indexPictures(root: string): Promise<DatasetIndex> {
  const top = await imageFolders(root);
  const names = new Set(top.map(({ name }) => name));
  if (names.has('base') && names.has('novel')) return bySide(root);
  if (names.has('train') && names.has('test')) return byPartition(root);
  const classes = top.filter(({ images }) => images.length > 0);
  if (classes.length === 0) {
    throw new DatasetError(
      `${root} has no pictures: expected folders that are named for classes.`,
      'corrupt',
    );
  }
  const classNames = classes.map(({ name }) => name);
  const samples = classes.flatMap((entry, label) => samplesOf(entry, label));
  return finished(root, classNames, samples, splitByHash(classNames));
}

async function bySide(root: string): Promise<DatasetIndex> {
  const classNames: string[] = [];
  const samples: SourceSample[] = [];
  const split: Record<keyof ClassSplit, number[]> = { base: [], validation: [], novel: [] };
  for (const [side, entry] of await within(root, SIDES)) {
    if (classNames.includes(entry.name)) {
      throw new DatasetError(
        `${root} has class ${entry.name} on two sides; each class belongs to one.`,
        'corrupt',
      );
    }
    const label = classNames.push(entry.name) - 1;
    split[side].push(label);
    for (const sample of samplesOf(entry, label)) samples.push(sample);
  }
  return finished(root, classNames, samples, split);
}

async function byPartition(root: string): Promise<DatasetIndex> {
  const entries = await within(root, PARTITIONS);
  const classNames = [...new Set(entries.map(([, { name }]) => name))].sort();
  const labels = new Map(classNames.map((name, label) => [name, label]));
  const samples = entries.flatMap(([partition, entry]) =>
    samplesOf(entry, labels.get(entry.name)!, partition),
  );
  const split = { base: classNames.map((_, label) => label), validation: [], novel: [] };
  return finished(root, classNames, samples, split);
}

/** Classes with pictures below the existing ones of the given folders. */
async function within<Name extends string>(
  root: string,
  folders: readonly Name[],
): Promise<[Name, ImageFolder][]> {
  const there = new Set((await imageFolders(root)).map(({ name }) => name));
  const found = folders
    .filter((name) => there.has(name))
    .map(async (name) => (await imageFolders(root, name)).map((entry): [Name, ImageFolder] => [name, entry]));
  return (await Promise.all(found)).flat().filter(([, { images }]) => images.length > 0);
}

function samplesOf({ images }: ImageFolder, label: number, partition?: Partition): SourceSample[] {
  return images.map((path) => ({
    id: path,
    label,
    image: { kind: 'file', path },
    ...(partition && { partition }),
  }));
}

async function finished(
  root: string,
  classNames: string[],
  samples: SourceSample[],
  split: ClassSplit,
): Promise<DatasetIndex> {
  // These files have no published checksums, so the hash of their bytes identifies the set.
  const contents = createHash('sha256');
  for (const { id } of samples) contents.update(await hashFile(join(root, id), 'sha256'));
  return { classNames, samples, split, contents: contents.digest('hex') };
}

/** Shares of the sides, equal to miniImageNet's 64 / 16 / 20 classes. */
function splitByHash(classNames: readonly string[]): ClassSplit {
  const inOrder = classNames
    .map((name, label) => ({ label, hash: createHash('sha256').update(`${SALT} ${name}`).digest('hex') }))
    .sort((a, b) => (a.hash < b.hash ? -1 : 1))
    .map(({ label }) => label);
  const novel = Math.round(classNames.length * 0.2);
  const validation = Math.round(classNames.length * 0.16);
  const ascending = (labels: number[]): number[] => labels.sort((a, b) => a - b);
  return {
    base: ascending(inOrder.slice(novel + validation)),
    validation: ascending(inOrder.slice(novel, novel + validation)),
    novel: ascending(inOrder.slice(0, novel)),
  };
}
