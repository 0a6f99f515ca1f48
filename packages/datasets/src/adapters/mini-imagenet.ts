import { join } from 'node:path';
import type { DatasetIndex, DatasetSource, RemoteFile, SourceSample } from '../adapter.ts';
import { DatasetError } from '../errors.ts';
import { readCsv } from '../readers/csv.ts';
import { imageFolders } from '../readers/image-folder.ts';
import { readNumpyPickle } from '../readers/numpy-pickle.ts';
import { splitOfNames, wholeNumber } from './official-files.ts';
import { entry, imagesOf, numbersOf } from './pickled.ts';
import { MINI_IMAGENET_CLASSES } from './splits/mini-imagenet.ts';

/** Public scripts also name the account `twitter`. No checksum is published for these lists, so they are pinned. */
const LISTS =
  'https://raw.githubusercontent.com/twitter-research/meta-learning-lstm/master/data/miniImagenet/';
const SIZE = 84;
const IMAGE_BYTES = SIZE * SIZE * 3;

/** Sides of the split, by the names of the published files. */
const SIDES = [
  ['base', 'train'],
  ['validation', 'val'],
  ['novel', 'test'],
] as const;

const CLASS_NAMES = Object.values(MINI_IMAGENET_CLASSES).flat().toSorted();

/** miniImageNet: 600 pictures from each of 100 ImageNet classes, by Ravi & Larochelle's lists. */
export const miniImagenet: DatasetSource = {
  name: 'mini-imagenet',
  title: 'miniImageNet',
  description:
    "60,000 of ImageNet's training pictures, 600 of each of 100 classes, scaled to 84 × 84 without keeping their aspect " +
    'ratio. The idea is that of Vinyals et al. (2016); the lists, which everyone uses, are those of Ravi & Larochelle.',
  homepage: 'https://github.com/twitter-research/meta-learning-lstm',
  license: 'The ImageNet terms of access: non-commercial research and education, by signed agreement.',
  citation: 'S. Ravi, H. Larochelle. Optimization as a Model for Few-Shot Learning. ICLR 2017.',
  splitRule: {
    rule: '64 base, 16 validation and 20 novel classes, as in train.csv, val.csv and test.csv of Ravi & Larochelle.',
    source: 'mmfewshot, mmfewshot/classification/datasets/mini_imagenet.py (splits/mini-imagenet.ts)',
  },
  classes: MINI_IMAGENET_CLASSES,
  expected: { classes: 100, samples: 60_000, split: { base: 64, validation: 16, novel: 20 } },
  resizing: { fit: 'fill' },
  distributions: [
    {
      name: 'imagenet',
      from: 'imagenet-1k',
      files: SIDES.map(
        ([, stem]): RemoteFile => ({
          name: `${stem}.csv`,
          urls: [`${LISTS}${stem}.csv`],
          checksum: 'pinned',
          unpack: { format: 'copy' },
        }),
      ),
      layout: ['train/n01532829', 'train/n13133613'],
      index: indexImagenet,
    },
    {
      name: 'pickles',
      manual:
        'Google Drive asks people to confirm, so fetch mini-imagenet.tar.gz in a browser (link in ' +
        'https://github.com/renmengye/few-shot-ssl-public#miniimagenet), unpack it and place its three pickles.',
      files: SIDES.map(
        ([, stem]): RemoteFile => ({
          name: `mini-imagenet-cache-${stem}.pkl`,
          urls: [],
          checksum: 'pinned',
          unpack: { format: 'copy' },
        }),
      ),
      layout: [
        'mini-imagenet-cache-train.pkl',
        'mini-imagenet-cache-val.pkl',
        'mini-imagenet-cache-test.pkl',
      ],
      index: indexPickles,
    },
  ],
};

/**
 * The lists name a picture by its class and its position, from 1. The position counts the class's pictures in the order of
 * the numbers in their ImageNet names: `n0153282900000005.jpg` is the fifth picture of n01532829 (mini-imagenet-tools,
 * mini_imagenet_generator.py; mmfewshot, mini_imagenet.py).
 */
async function indexImagenet(root: string, own: string): Promise<DatasetIndex> {
  const wanted = new Set(CLASS_NAMES);
  const pictures = new Map(
    (await imageFolders(root, 'train'))
      .filter(({ name }) => wanted.has(name))
      .map(({ name, images }) => [name, images.toSorted((a, b) => numberIn(a) - numberIn(b))]),
  );
  const labels = new Map(CLASS_NAMES.map((name, label) => [name, label]));
  const samples: SourceSample[] = [];
  for (const [side, stem] of SIDES) {
    const list = join(own, `${stem}.csv`);
    const found = new Set<string>();
    for (const { filename, label: name } of await readCsv(list, ['filename', 'label'])) {
      const place = wholeNumber(/(\d{8})\.jpg$/.exec(filename)?.[1] ?? filename, 1, 99_999_999, list);
      const path = pictures.get(name)?.[place - 1];
      if (path === undefined || !filename.startsWith(name)) {
        throw new DatasetError(
          `${list} lists ${filename}, which ${root}/train/${name} does not have.`,
          'corrupt',
        );
      }
      found.add(name);
      samples.push({ id: `${stem}/${filename}`, label: labels.get(name)!, image: { kind: 'file', path } });
    }
    checkClasses(side, found, list);
  }
  return { classNames: CLASS_NAMES, samples, split: splitOfNames(CLASS_NAMES, MINI_IMAGENET_CLASSES) };
}

/** The number in a picture's name: 10026 in `train/n01440764/n01440764_10026.JPEG`. */
function numberIn(path: string): number {
  return Number(/_(\d+)\.[a-z]+$/i.exec(path)?.[1] ?? Number.NaN);
}

/**
 * Ren et al.'s pickles: `image_data`, shape (images, 84, 84, 3), and `class_dict`, rows by WordNet id
 * (few-shot-ssl-public, fewshot/data/mini_imagenet.py).
 */
async function indexPickles(root: string): Promise<DatasetIndex> {
  const labels = new Map(CLASS_NAMES.map((name, label) => [name, label]));
  const samples: SourceSample[] = [];
  for (const [side, stem] of SIDES) {
    const file = `mini-imagenet-cache-${stem}.pkl`;
    const pickle = await readNumpyPickle(join(root, file));
    const images = imagesOf(entry(pickle, 'image_data', file), IMAGE_BYTES, file);
    const rowsOf = entry(pickle, 'class_dict', file);
    const labelOfRow = new Map<number, number>();
    const found = new Set<string>();
    for (const [name, rows] of rowsOf instanceof Map ? rowsOf : []) {
      if (typeof name !== 'string')
        throw new DatasetError(`${join(root, file)} has a class without a name.`, 'corrupt');
      found.add(name);
      for (const row of await numbersOf(rows, file)) labelOfRow.set(row, labels.get(name) ?? -1);
    }
    checkClasses(side, found, join(root, file));
    for (let row = 0; row < images.shape[0]!; row++) {
      const label = labelOfRow.get(row);
      if (label === undefined)
        throw new DatasetError(`${join(root, file)} gives image ${row} no class.`, 'corrupt');
      samples.push({
        id: `${stem}/${String(row).padStart(5, '0')}`,
        label,
        image: {
          kind: 'pixels',
          height: SIZE,
          width: SIZE,
          channels: 3,
          read: () => images.data.read(row * IMAGE_BYTES, (row + 1) * IMAGE_BYTES),
        },
      });
    }
  }
  return { classNames: CLASS_NAMES, samples, split: splitOfNames(CLASS_NAMES, MINI_IMAGENET_CLASSES) };
}

function checkClasses(
  side: keyof typeof MINI_IMAGENET_CLASSES,
  found: ReadonlySet<string>,
  file: string,
): void {
  if ([...found].sort().join() === MINI_IMAGENET_CLASSES[side].toSorted().join()) return;
  throw new DatasetError(`${file} does not have the published ${side} classes of miniImageNet.`, 'corrupt');
}
