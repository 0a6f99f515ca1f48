import { join } from 'node:path';
import type { DatasetIndex, DatasetSource, Distribution, RemoteFile, SourceSample } from '../adapter.ts';
import { DatasetError } from '../errors.ts';
import { allBase, readLines, wholeNumber } from './official-files.ts';

const BASE = 'http://data.csail.mit.edu/places/places365/';

const FILE_LISTS: RemoteFile = {
  name: 'filelist_places365-standard.tar',
  urls: [`${BASE}filelist_places365-standard.tar`],
  size: 67_498_496,
  checksum: {
    algorithm: 'sha256',
    value: '520699e00d69b63ddc29fac54645aa00ce1c10ca42e288960aa1cf791d6e9aa9',
    source: 'TensorFlow Datasets, url_checksums/places365_small.txt',
  },
  unpack: { format: 'tar' },
};

/** Places365-Standard: 365 kinds of scenes, as pictures of 256 × 256 or as large originals. */
export const places365: DatasetSource = {
  name: 'places365',
  title: 'Places365-Standard',
  description:
    'Photographs of 365 kinds of scenes, indoor and outdoor. The small form has all pictures at 256 × 256, their ' +
    'aspect ratio not kept; the standard form has them with a shorter side of at most 512.',
  homepage: 'http://places2.csail.mit.edu/',
  license: 'Images belong to their owners; for non-commercial research and education only.',
  citation:
    'B. Zhou, A. Lapedriza, A. Khosla, A. Oliva, A. Torralba. Places: A 10 Million Image Database for Scene ' +
    'Recognition. IEEE TPAMI 2017.',
  splitRule: {
    rule:
      'Official training images are for training. The official validation images are for testing, as is usual: the ' +
      'labels of the official test images are not published.',
    source: 'places365_train_standard.txt and places365_val.txt in filelist_places365-standard.tar',
  },
  expected: {
    classes: 365,
    samples: 1_839_960,
    partitions: { train: 1_803_460, test: 36_500 },
    split: { base: 365, validation: 0, novel: 0 },
  },
  distributions: [
    form('small', '256', [
      {
        name: 'train_256_places365standard.tar',
        urls: [`${BASE}train_256_places365standard.tar`],
        size: 26_103_685_120,
        checksum: {
          algorithm: 'sha256',
          value: '0ade5d7d38c682aa0203014a2b99ad3bf608bf1de0f151dc0d80efba54660a0a',
          source: 'TensorFlow Datasets, url_checksums/places365_small.txt',
        },
        unpack: { format: 'tar', limits: { entries: 3_000_000, bytes: 60e9 } },
      },
      {
        name: 'val_256.tar',
        urls: [`${BASE}val_256.tar`],
        size: 525_158_400,
        checksum: {
          algorithm: 'sha256',
          value: '24b4e639ef12a0012af525bc4cb443e4ab4aaea8369a1fb009b70e4a4aad5d48',
          source: 'TensorFlow Datasets, url_checksums/places365_small.txt',
        },
        unpack: { format: 'tar' },
      },
    ]),
    form('standard', 'large', [
      {
        name: 'train_large_places365standard.tar',
        urls: [`${BASE}train_large_places365standard.tar`],
        checksum: {
          algorithm: 'md5',
          value: '67e186b496a84c929568076ed01a8aa1',
          source: 'torchvision/datasets/places365.py',
        },
        unpack: { format: 'tar', limits: { entries: 3_000_000, bytes: 200e9 } },
      },
      {
        name: 'val_large.tar',
        urls: [`${BASE}val_large.tar`],
        checksum: {
          algorithm: 'md5',
          value: '9b71c4993ad89d2d8bcbdc4aef38042f',
          source: 'torchvision/datasets/places365.py',
        },
        unpack: { format: 'tar', limits: { entries: 100_000, bytes: 20e9 } },
      },
    ]),
  ],
};

function form(name: string, size: string, archives: readonly RemoteFile[]): Distribution {
  const [training, validation] = [`data_${size}`, `val_${size}`];
  return {
    name,
    files: [FILE_LISTS, ...archives],
    layout: [training, validation, 'categories_places365.txt'],
    index: (root) => index(root, training, validation),
  };
}

async function index(root: string, training: string, validation: string): Promise<DatasetIndex> {
  // Lines look like "/a/airfield 0". The initial of a class precedes its name.
  const categories = await readLines(join(root, 'categories_places365.txt'), 2);
  const classNames: string[] = [];
  for (const [category, number] of categories) {
    const label = wholeNumber(number!, 0, categories.length - 1, 'categories_places365.txt');
    if (classNames[label] !== undefined) {
      throw new DatasetError(
        `categories_places365.txt gives class ${label} to ${classNames[label]} and ${category}.`,
        'corrupt',
      );
    }
    classNames[label] = category!.replace(/^\/.\//, '');
  }
  const samples: SourceSample[] = [];
  for (const [list, folder, partition] of [
    ['places365_train_standard.txt', training, 'train'],
    ['places365_val.txt', validation, 'test'],
  ] as const) {
    for (const [file, number] of await readLines(join(root, list), 2)) {
      const path = file!.replace(/^\/+/, '');
      samples.push({
        id: `${partition}/${path}`,
        label: wholeNumber(number!, 0, classNames.length - 1, list),
        partition,
        image: { kind: 'file', path: `${folder}/${path}` },
      });
    }
  }
  return { classNames, samples, split: allBase(classNames.length) };
}
