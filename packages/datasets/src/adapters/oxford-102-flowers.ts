import { join } from 'node:path';
import type { DatasetIndex, DatasetSource, RemoteFile, SourceSample } from '../adapter.ts';
import { DatasetError } from '../errors.ts';
import { matNumbers, readMat } from '../readers/mat.ts';
import { allBase, wholeNumber } from './official-files.ts';
import { OXFORD_102_FLOWERS_NAMES } from './oxford-102-flowers-names.ts';

const BASE = 'https://www.robots.ox.ac.uk/~vgg/data/flowers/102/';

/** Oxford 102 Flowers. MATLAB files hold the labels and the split. */
export const oxford102Flowers: DatasetSource = {
  name: 'oxford-102-flowers',
  aliases: ['flowers102'],
  title: 'Oxford 102 Flowers',
  description:
    'Photographs of 102 kinds of flowers that are common in the United Kingdom, 40 to 258 of each.',
  homepage: BASE,
  license: 'Not stated by the authors; images belong to their owners.',
  citation:
    'M.-E. Nilsback, A. Zisserman. Automated Flower Classification over a Large Number of Classes. ICVGIP 2008.',
  splitRule: {
    rule: 'Official, by setid.mat: trnid is for training, valid for validation, tstid for testing.',
    source: 'setid.mat and the README beside it',
  },
  classes: { base: OXFORD_102_FLOWERS_NAMES },
  expected: {
    classes: 102,
    samples: 8_189,
    partitions: { train: 1_020, validation: 1_020, test: 6_149 },
    split: { base: 102, validation: 0, novel: 0 },
  },
  distributions: [
    {
      name: 'official',
      files: [
        file(
          '102flowers.tgz',
          344_862_509,
          '2d01ecc807db462958cfe3d92f57a8c252b4abd240eb955770201e45f783b246',
        ),
        file('imagelabels.mat', 502, '4903e94206bac23bf772aadf06451916df56b58fc483a62db32a97b82656651d'),
        file('setid.mat', 14_989, '46b8678f91fd95d3c8f4feab80d271a6c834a1dd896fe29fd3e6ad9ce5c8dccd'),
      ],
      layout: ['jpg', 'imagelabels.mat', 'setid.mat'],
      index,
    },
  ],
};

function file(name: string, size: number, sha256: string): RemoteFile {
  return {
    name,
    urls: [`${BASE}${name}`],
    size,
    checksum: {
      algorithm: 'sha256',
      value: sha256,
      source: 'TensorFlow Datasets, url_checksums/oxford_flowers102.txt',
    },
    unpack: { format: name.endsWith('.tgz') ? 'tar' : 'copy' },
  };
}

async function index(root: string): Promise<DatasetIndex> {
  const labels = matNumbers(await readMat(join(root, 'imagelabels.mat')), 'labels');
  const sets = await readMat(join(root, 'setid.mat'));
  const classes = OXFORD_102_FLOWERS_NAMES.length;
  const samples: SourceSample[] = [];
  for (const [name, partition] of [
    ['trnid', 'train'],
    ['valid', 'validation'],
    ['tstid', 'test'],
  ] as const) {
    // Numbers of images and labels start at 1.
    for (const number of matNumbers(sets, name)) {
      const label = labels[number - 1];
      if (label === undefined) {
        throw new DatasetError(
          `setid.mat has image ${number}, which imagelabels.mat does not label.`,
          'corrupt',
        );
      }
      const path = `jpg/image_${String(number).padStart(5, '0')}.jpg`;
      samples.push({
        id: path,
        label: wholeNumber(String(label), 1, classes, 'imagelabels.mat') - 1,
        partition,
        image: { kind: 'file', path },
      });
    }
  }
  return { classNames: OXFORD_102_FLOWERS_NAMES, samples, split: allBase(classes) };
}
