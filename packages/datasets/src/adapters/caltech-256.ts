import type { DatasetIndex, DatasetSource, SourceSample } from '../adapter.ts';
import { imageFolders } from '../readers/image-folder.ts';
import { counterRandom, RandomOperation } from '../sampling/random.ts';
import { allBase } from './official-files.ts';

const FOLDER = '256_ObjectCategories';
const TRAINING_IMAGES = 60;
/** Determines the 60 training images of each class. It is part of the data set, so it must never change. */
const SPLIT_SEED = 256;

/** Caltech-256: photographs of 256 kinds of things. It has no official split, only an official rule for drawing one. */
export const caltech256: DatasetSource = {
  name: 'caltech-256',
  title: 'Caltech-256 Object Category Dataset',
  description:
    'Photographs of 256 kinds of things from image searches, sorted by people, at least 80 of each. ' +
    'Of the 257 folders, 257.clutter is left out: it holds 827 pictures of anything else, meant for testing the ' +
    'rejection of background. (The published 30,607 pictures include them; 29,780 are left.) Files that are not ' +
    'images named CCC_NNNN.jpg are left out too: the stray 198.spider/RENAME2 and the empty folders ' +
    '056.dog/greg/vision309.',
  homepage: 'https://data.caltech.edu/records/nyy15-4j048',
  license: 'Not stated by the authors; images belong to their owners.',
  citation:
    'G. Griffin, A. Holub, P. Perona. Caltech-256 Object Category Dataset. Technical Report CNS-TR-2007-001, ' +
    'California Institute of Technology, 2007.',
  splitRule: {
    rule:
      '60 training images of each class, the rest for testing, as is usual. Which 60 is not published: here it is the ' +
      'first 60 of a shuffle of the class (Philox4x32-10, seed 256, one stream a class), the same on every machine.',
    source:
      'the protocol of Griffin et al. 2007 (as many random training images of each class), with 60 as in Zeiler & ' +
      'Fergus, Visualizing and Understanding Convolutional Networks, ECCV 2014',
  },
  expected: {
    classes: 256,
    samples: 29_780,
    partitions: { train: 256 * TRAINING_IMAGES, test: 29_780 - 256 * TRAINING_IMAGES },
    split: { base: 256, validation: 0, novel: 0 },
  },
  distributions: [
    {
      name: 'official',
      files: [
        {
          name: '256_ObjectCategories.tar',
          urls: ['https://data.caltech.edu/records/nyy15-4j048/files/256_ObjectCategories.tar'],
          size: 1_183_006_720,
          checksum: {
            algorithm: 'md5',
            value: '67b4f42ca05d46448c6bb8ecd2220f6d',
            source: 'https://data.caltech.edu/records/nyy15-4j048; torchvision/datasets/caltech.py',
          },
          unpack: { format: 'tar' },
        },
      ],
      layout: [FOLDER],
      index,
    },
  ],
};

async function index(root: string): Promise<DatasetIndex> {
  // Folder names look like "001.ak47".
  const folders = (await imageFolders(root, FOLDER)).filter(({ name }) => !name.endsWith('.clutter'));
  const samples: SourceSample[] = [];
  for (const [label, { images }] of folders.entries()) {
    const wanted = images.filter((path) => /\/\d{3}_\d{4}\.jpg$/.test(path));
    const training = trainingPlaces(wanted.length, label);
    wanted.forEach((path, place) => {
      samples.push({
        id: path.slice(FOLDER.length + 1),
        label,
        partition: training.has(place) ? 'train' : 'test',
        image: { kind: 'file', path },
      });
    });
  }
  return {
    classNames: folders.map(({ name }) => name.replace(/^\d+\./, '')),
    samples,
    split: allBase(folders.length),
  };
}

/** Positions of the training images among a class's images in alphabetical order. */
function trainingPlaces(images: number, label: number): ReadonlySet<number> {
  const order = counterRandom(SPLIT_SEED).permutation(images, RandomOperation.shuffle, label);
  return new Set(order.subarray(0, TRAINING_IMAGES));
}
