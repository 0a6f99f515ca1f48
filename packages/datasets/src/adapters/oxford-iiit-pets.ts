import { join } from 'node:path';
import type { DatasetIndex, DatasetSource, SourceSample } from '../adapter.ts';
import { DatasetError } from '../errors.ts';
import { allBase, readLines, wholeNumber } from './official-files.ts';

const CLASSES = 37;

/** Oxford-IIIT Pets: 37 breeds of cats and dogs. Two lists hold the class, the split and the species. */
export const oxfordIiitPets: DatasetSource = {
  name: 'oxford-iiit-pets',
  aliases: ['oxford-iiit-pet'],
  title: 'Oxford-IIIT Pet Dataset',
  description: 'Photographs of 37 breeds of cats (12) and dogs (25), about 200 of each.',
  homepage: 'https://www.robots.ox.ac.uk/~vgg/data/pets/',
  license: 'CC BY-SA 4.0; the images belong to their owners',
  citation: 'O. M. Parkhi, A. Vedaldi, A. Zisserman, C. V. Jawahar. Cats and Dogs. CVPR 2012.',
  splitRule: {
    rule: 'Official: trainval.txt is for training, test.txt for testing.',
    source: 'annotations/README in the archive; trainval.txt and test.txt',
  },
  expected: {
    classes: CLASSES,
    samples: 7_349,
    partitions: { train: 3_680, test: 3_669 },
    split: { base: CLASSES, validation: 0, novel: 0 },
  },
  distributions: [
    {
      name: 'official',
      files: [
        {
          name: 'images.tar.gz',
          urls: ['https://www.robots.ox.ac.uk/~vgg/data/pets/data/images.tar.gz'],
          size: 791_918_971,
          checksum: {
            algorithm: 'sha256',
            value: '67195c5e1c01f1ab5f9b6a5d22b8c27a580d896ece458917e61d459337fa318d',
            source: 'TensorFlow Datasets, url_checksums/oxford_iiit_pet.txt',
          },
          unpack: { format: 'tar' },
        },
        {
          name: 'annotations.tar.gz',
          urls: ['https://www.robots.ox.ac.uk/~vgg/data/pets/data/annotations.tar.gz'],
          size: 19_173_078,
          checksum: {
            algorithm: 'sha256',
            value: '52425fb6de5c424942b7626b428656fcbd798db970a937df61750c0f1d358e91',
            source: 'TensorFlow Datasets, url_checksums/oxford_iiit_pet.txt',
          },
          unpack: { format: 'tar' },
        },
      ],
      layout: ['annotations/trainval.txt', 'annotations/test.txt', 'images'],
      index,
    },
  ],
};

async function index(root: string): Promise<DatasetIndex> {
  const classNames: string[] = [];
  const samples: SourceSample[] = [];
  for (const [file, partition] of [
    ['annotations/trainval.txt', 'train'],
    ['annotations/test.txt', 'test'],
  ] as const) {
    // Lines look like "Abyssinian_100 1 1 1": image, class (from 1), species, breed.
    for (const [image, number] of await readLines(join(root, file), 4)) {
      const label = wholeNumber(number!, 1, CLASSES, file) - 1;
      const name = image!.slice(0, image!.lastIndexOf('_'));
      classNames[label] ??= name;
      if (classNames[label] !== name) {
        throw new DatasetError(
          `${file} calls class ${number} both ${classNames[label]} and ${name}.`,
          'corrupt',
        );
      }
      samples.push({
        id: image!,
        label,
        partition,
        image: { kind: 'file', path: `images/${image}.jpg` },
      });
    }
  }
  return {
    classNames: Array.from(classNames, (name) => name ?? ''),
    samples,
    split: allBase(classNames.length),
  };
}
