import { join } from 'node:path';
import type { DatasetIndex, DatasetSource, ImageSource, RemoteFile, SourceSample } from '../adapter.ts';
import type { ClassSplit } from '../dataset.ts';
import { DatasetError } from '../errors.ts';
import { imageFolders } from '../readers/image-folder.ts';
import { type NumpyValue, readNumpyPickle } from '../readers/numpy-pickle.ts';
import { splitOfNames, wholeNumber } from './official-files.ts';
import { entry, numbersOf, textList } from './pickled.ts';
import { TIERED_IMAGENET_CATEGORIES } from './splits/tiered-imagenet.ts';

/** Sides of the split, by the names of the published files. */
const SIDES = [
  ['base', 'train'],
  ['validation', 'val'],
  ['novel', 'test'],
] as const;

const PICKLES = [
  'train_images_png.pkl',
  'train_labels.pkl',
  'val_images_png.pkl',
  'val_labels.pkl',
  'test_images_png.pkl',
  'test_labels.pkl',
] as const;

/** tieredImageNet: 608 ImageNet classes in 34 categories. The split never divides a category. */
export const tieredImagenet: DatasetSource = {
  name: 'tiered-imagenet',
  title: 'tieredImageNet',
  description:
    "All of ImageNet's training pictures of 608 classes, scaled to 84 × 84 without keeping their aspect ratio. The " +
    'classes belong to 34 categories, nodes of WordNet, and a category is on one side.',
  homepage: 'https://github.com/renmengye/few-shot-ssl-public',
  license: 'The ImageNet terms of access: non-commercial research and education, by signed agreement.',
  citation:
    'M. Ren, E. Triantafillou, S. Ravi, J. Snell, K. Swersky, J. B. Tenenbaum, H. Larochelle, R. S. Zemel. Meta-Learning ' +
    'for Semi-Supervised Few-Shot Classification. ICLR 2018.',
  splitRule: {
    rule: '351 base classes in 20 categories, 97 validation classes in 6, 160 novel classes in 8.',
    source:
      'renmengye/few-shot-ssl-public, l2kl/data/tiered_imagenet_split/{train,val,test}.csv (splits/tiered-imagenet.ts)',
  },
  classes: tieredImagenetClasses(),
  expected: { classes: 608, samples: 779_165, split: { base: 351, validation: 97, novel: 160 } },
  resizing: { fit: 'fill' },
  distributions: [
    {
      name: 'imagenet',
      from: 'imagenet-1k',
      files: [],
      layout: ['train/n01440764', 'train/n09472597'],
      index: indexImagenet,
    },
    {
      name: 'pickles',
      manual:
        'Google Drive asks people to confirm, so fetch tiered-imagenet.tar (12.9 GB) in a browser (link in ' +
        'https://github.com/renmengye/few-shot-ssl-public#tieredimagenet), unpack it and place its six pickles.',
      files: PICKLES.map(
        (name): RemoteFile => ({ name, urls: [], checksum: 'pinned', unpack: { format: 'copy' } }),
      ),
      layout: PICKLES,
      index: indexPickles,
    },
  ],
};

/** WordNet ids of each side. */
export function tieredImagenetClasses(): Record<keyof ClassSplit, string[]> {
  const classesOf = (categories: Readonly<Record<string, readonly string[]>>): string[] =>
    Object.values(categories).flatMap((classes) => [...classes]);
  return {
    base: classesOf(TIERED_IMAGENET_CATEGORIES.base),
    validation: classesOf(TIERED_IMAGENET_CATEGORIES.validation),
    novel: classesOf(TIERED_IMAGENET_CATEGORIES.novel),
  };
}

async function indexImagenet(root: string): Promise<DatasetIndex> {
  const classes = tieredImagenetClasses();
  const classNames = Object.values(classes).flat().sort();
  const labels = new Map(classNames.map((name, label) => [name, label]));
  const samples = (await imageFolders(root, 'train')).flatMap(({ name, images }): SourceSample[] => {
    const label = labels.get(name);
    if (label === undefined) return [];
    return images.map((path) => ({ id: path, label, image: { kind: 'file', path } }));
  });
  return { classNames, samples, split: splitOfNames(classNames, classes) };
}

/**
 * Ren et al.'s pickles: a list of PNG files as arrays of bytes, and a dictionary. In the dictionary, `label_specific` has one
 * number for each image, and `label_specific_str` the name of each number (few-shot-ssl-public,
 * fewshot/data/tiered_imagenet.py and compress_tiered_imagenet.py). The names are words and not WordNet ids, so only the
 * counts of the classes are compared with the lists.
 */
async function indexPickles(root: string): Promise<DatasetIndex> {
  const classNames: string[] = [];
  const samples: SourceSample[] = [];
  const split: Record<keyof ClassSplit, number[]> = { base: [], validation: [], novel: [] };
  for (const [side, stem] of SIDES) {
    const file = `${stem}_labels.pkl`;
    const pickle = await readNumpyPickle(join(root, file));
    const names = textList(entry(pickle, 'label_specific_str', file), file);
    const labels = await numbersOf(entry(pickle, 'label_specific', file), file);
    const images = await readNumpyPickle(join(root, `${stem}_images_png.pkl`));
    if (!Array.isArray(images) || images.length !== labels.length) {
      throw new DatasetError(
        `${root}: ${stem}_images_png.pkl has no list of ${labels.length} images.`,
        'corrupt',
      );
    }
    const first = classNames.length;
    classNames.push(...names);
    split[side] = names.map((_, i) => first + i);
    labels.forEach((label, i) => {
      samples.push({
        id: `${stem}/${String(i).padStart(6, '0')}`,
        label: first + wholeNumber(String(label), 0, names.length - 1, file),
        image: pngIn(images[i]!, `${stem}_images_png.pkl`),
      });
    });
  }
  return { classNames, samples, split };
}

function pngIn(value: NumpyValue, file: string): ImageSource {
  if (typeof value === 'string') {
    return { kind: 'encoded', read: () => Promise.resolve(Buffer.from(value, 'latin1')) };
  }
  if (value !== null && typeof value === 'object' && 'kind' in value) {
    const bytes = value.kind === 'array' ? value.data : value;
    return { kind: 'encoded', read: () => bytes.read() };
  }
  throw new DatasetError(`${file} holds something that is no image; fetch it again.`, 'corrupt');
}
