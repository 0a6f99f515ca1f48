import type { DatasetIndex, DatasetSource, RemoteFile, SourceSample, Unpack } from '../adapter.ts';
import { DatasetError } from '../errors.ts';
import { type ImageFolder, imageFolders } from '../readers/image-folder.ts';
import { readDevkit } from './imagenet-devkit.ts';
import { allBase, fileNames } from './official-files.ts';

const CLASSES = 1_000;
const DEVKIT = 'ILSVRC2012_devkit_t12';

/**
 * ImageNet-1k (ILSVRC 2012), from the official archives with the development kit or from the widespread folder layout. In
 * both forms a class is a WordNet id. A label is the id's position in alphabetical order, as in every published model.
 */
export const imagenet1k: DatasetSource = {
  name: 'imagenet-1k',
  title: 'ImageNet Large Scale Visual Recognition Challenge 2012',
  description:
    'Photographs of 1,000 kinds of things and animals. Classes are named by their WordNet ids; a label is the place of ' +
    'the id in alphabetical order.',
  homepage: 'https://www.image-net.org/challenges/LSVRC/2012/',
  license: 'The ImageNet terms of access: non-commercial research and education, by signed agreement.',
  citation:
    'O. Russakovsky, J. Deng, H. Su, J. Krause, S. Satheesh, S. Ma, Z. Huang, A. Karpathy, A. Khosla, M. Bernstein, ' +
    'A. C. Berg, L. Fei-Fei. ImageNet Large Scale Visual Recognition Challenge. IJCV 2015.',
  splitRule: {
    rule:
      'Official training images are for training. The official validation images are for testing, as is usual: the ' +
      'labels of the official test images are not published.',
    source: 'ILSVRC2012_devkit_t12/readme.txt and data/ILSVRC2012_validation_ground_truth.txt',
  },
  expected: {
    classes: CLASSES,
    samples: 1_331_167,
    partitions: { train: 1_281_167, test: 50_000 },
    split: { base: CLASSES, validation: 0, novel: 0 },
  },
  distributions: [
    {
      name: 'archives',
      manual:
        'Sign in at https://www.image-net.org/download-images, accept the terms and download the ILSVRC2012 training ' +
        'images (tasks 1 & 2), validation images (all tasks) and development kit (tasks 1 & 2).',
      files: [
        placed(
          'ILSVRC2012_img_train.tar',
          '1d675b47d978889d74fa0da5fadfb00e',
          {
            format: 'tar',
            into: 'train',
            nestedTars: true,
            limits: { entries: 2_000_000, bytes: 200e9 },
          },
          147_897_477_120,
        ),
        placed(
          'ILSVRC2012_img_val.tar',
          '29b22e2961454d5413ddabcf34fc5622',
          {
            format: 'tar',
            into: 'val',
            limits: { entries: 100_000, bytes: 20e9 },
          },
          6_744_924_160,
        ),
        placed('ILSVRC2012_devkit_t12.tar.gz', 'fa75699e90414af021442c21a62c3abf', { format: 'tar' }),
      ],
      layout: ['train', 'val', `${DEVKIT}/data/meta.mat`],
      index: indexArchives,
    },
    {
      name: 'folders',
      manual:
        'Where ImageNet lies extracted already, place or link its folder here: train and val with a folder for each of ' +
        'the 1,000 WordNet ids.',
      files: [],
      layout: ['train/n01440764', 'val/n01440764'],
      index: indexFolders,
    },
  ],
};

/** @param size from TensorFlow Datasets, url_checksums/imagenet2012.txt */
function placed(name: string, md5: string, unpack: Unpack, size?: number): RemoteFile {
  return {
    name,
    urls: [],
    ...(size !== undefined && { size }),
    checksum: { algorithm: 'md5', value: md5, source: 'torchvision/datasets/imagenet.py' },
    unpack,
  };
}

async function indexArchives(root: string): Promise<DatasetIndex> {
  const { wordNetIds, validationIds } = await readDevkit(root, DEVKIT);
  const validation = (await fileNames(root, 'val')).filter((name) => name.endsWith('.JPEG'));
  if (validation.length !== validationIds.length) {
    throw new DatasetError(
      `${root}/val has ${validation.length} images, but the development kit has ${validationIds.length} labels.`,
      'corrupt',
    );
  }
  const testing = validation.map((name, i) => ({ name, wordNetId: validationIds[i]!, path: `val/${name}` }));
  return indexOf(await imageFolders(root, 'train'), testing, wordNetIds);
}

async function indexFolders(root: string): Promise<DatasetIndex> {
  const training = await imageFolders(root, 'train');
  const testing = (await imageFolders(root, 'val')).flatMap(({ name: wordNetId, images }) =>
    images.map((path) => ({ name: path.slice(path.lastIndexOf('/') + 1), wordNetId, path })),
  );
  // The order is that of the official archives, whose files are numbered, so both forms give the same data set.
  testing.sort((a, b) => (a.name < b.name ? -1 : 1));
  return indexOf(
    training,
    testing,
    training.map(({ name }) => name),
  );
}

function indexOf(
  training: readonly ImageFolder[],
  testing: readonly { name: string; wordNetId: string; path: string }[],
  wordNetIds: readonly string[],
): DatasetIndex {
  const labels = new Map(wordNetIds.map((id, label) => [id, label]));
  const labelOf = (wordNetId: string): number => {
    const label = labels.get(wordNetId);
    if (label === undefined)
      throw new DatasetError(`${wordNetId} is none of ImageNet's classes here.`, 'corrupt');
    return label;
  };
  return {
    classNames: wordNetIds,
    samples: [
      ...training.flatMap(({ name, images }) => {
        const label = labelOf(name);
        return images.map(
          (path): SourceSample => ({ id: path, label, partition: 'train', image: { kind: 'file', path } }),
        );
      }),
      ...testing.map(
        ({ name, wordNetId, path }): SourceSample => ({
          id: `val/${wordNetId}/${name}`,
          label: labelOf(wordNetId),
          partition: 'test',
          image: { kind: 'file', path },
        }),
      ),
    ],
    split: allBase(wordNetIds.length),
  };
}
