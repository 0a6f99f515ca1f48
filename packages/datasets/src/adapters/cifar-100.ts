import type { DatasetIndex, DatasetSource } from '../adapter.ts';
import { CIFAR_100_CLASSES } from './cifar-100-classes.ts';
import { CIFAR_100_LAYOUT, readCifar100Binary, readCifar100Python } from './cifar-100-files.ts';
import { allBase } from './official-files.ts';

const PAGE = 'https://www.cs.toronto.edu/~kriz/cifar.html';

/** CIFAR-100, from its binary or its python archive. Both give the same samples in the same order. */
export const cifar100: DatasetSource = {
  name: 'cifar-100',
  title: 'CIFAR-100',
  description:
    'Colour photographs of 32 × 32 pixels, 600 of each of 100 classes, from the 80 Million Tiny Images; the classes ' +
    'belong to 20 superclasses of five.',
  homepage: PAGE,
  license: 'Not stated by the authors; images belong to their owners.',
  citation: 'A. Krizhevsky. Learning Multiple Layers of Features from Tiny Images. Technical report, 2009.',
  splitRule: {
    rule: 'Official: 500 training and 100 test images of each class, in files of their own.',
    source: PAGE,
  },
  classes: { base: CIFAR_100_CLASSES },
  expected: {
    classes: 100,
    samples: 60_000,
    partitions: { train: 50_000, test: 10_000 },
    split: { base: 100, validation: 0, novel: 0 },
  },
  distributions: [
    {
      name: 'binary',
      files: [
        {
          name: 'cifar-100-binary.tar.gz',
          urls: ['https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz'],
          size: 168_513_733,
          checksum: {
            algorithm: 'sha256',
            value: '58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec',
            source: 'TensorFlow Datasets, url_checksums/cifar100.txt',
          },
          unpack: { format: 'tar' },
        },
      ],
      layout: CIFAR_100_LAYOUT.binary,
      index: async (root) => indexOf(await readCifar100Binary(root)),
    },
    {
      name: 'python',
      files: [
        {
          name: 'cifar-100-python.tar.gz',
          urls: ['https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz'],
          size: 169_001_437,
          checksum: {
            algorithm: 'md5',
            value: 'eb9058c3a382ffc7106e4002c42a8d85',
            source: `${PAGE}; torchvision/datasets/cifar.py`,
          },
          unpack: { format: 'tar' },
        },
      ],
      layout: CIFAR_100_LAYOUT.python,
      index: async (root) => indexOf(await readCifar100Python(root)),
    },
  ],
};

function indexOf(samples: DatasetIndex['samples']): DatasetIndex {
  return { classNames: CIFAR_100_CLASSES, samples, split: allBase(CIFAR_100_CLASSES.length) };
}
