import { join } from 'node:path';
import type { DatasetIndex, DatasetSource, RemoteFile, SourceSample } from '../adapter.ts';
import { DatasetError } from '../errors.ts';
import { readIdx } from '../readers/idx.ts';
import { allBase } from './official-files.ts';

// Class names in the order of their labels: https://github.com/zalandoresearch/fashion-mnist#labels
const CLASS_NAMES = [
  'T-shirt/top',
  'Trouser',
  'Pullover',
  'Dress',
  'Coat',
  'Sandal',
  'Shirt',
  'Sneaker',
  'Bag',
  'Ankle boot',
];

const LAYOUT = ['train-images-idx3-ubyte.gz', 't10k-images-idx3-ubyte.gz'] as const;

/** Fashion-MNIST: ten kinds of clothes, 28 × 28, grey. Debian ships the set, so real pictures are available offline. */
export const fashionMnist: DatasetSource = {
  name: 'fashion-mnist',
  title: 'Fashion-MNIST',
  description:
    "Zalando's photographs of ten kinds of clothes, made 28 × 28 and grey; as large as MNIST and harder.",
  homepage: 'https://github.com/zalandoresearch/fashion-mnist',
  license: 'MIT',
  citation:
    'H. Xiao, K. Rasul, R. Vollgraf. Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning ' +
    'Algorithms. arXiv:1708.07747, 2017.',
  splitRule: {
    rule: 'Official: the files train-* are for training, t10k-* for testing.',
    source: 'https://github.com/zalandoresearch/fashion-mnist#get-the-data',
  },
  classes: { base: CLASS_NAMES },
  expected: {
    classes: 10,
    samples: 70_000,
    partitions: { train: 60_000, test: 10_000 },
    split: { base: 10, validation: 0, novel: 0 },
  },
  distributions: [
    {
      name: 'idx',
      files: [
        file(
          'train-images',
          3,
          26_421_880,
          '3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84',
        ),
        file('train-labels', 1, 29_515, 'a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845'),
        file('t10k-images', 3, 4_422_102, '346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073'),
        file('t10k-labels', 1, 5_148, '67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5'),
      ],
      layout: LAYOUT,
      index,
    },
    {
      // Installed by `apt-get install dataset-fashion-mnist`: the same contents, compressed again by Debian.
      name: 'debian',
      files: [],
      installedAt: '/usr/share/datasets/fashion-mnist',
      layout: LAYOUT,
      index,
    },
  ],
};

function file(stem: string, dimensions: number, size: number, sha256: string): RemoteFile {
  const name = `${stem}-idx${dimensions}-ubyte.gz`;
  return {
    name,
    urls: [`http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/${name}`],
    size,
    checksum: {
      algorithm: 'sha256',
      value: sha256,
      source: 'TensorFlow Datasets, url_checksums/fashion_mnist.txt',
    },
    // The files stay compressed, as in Debian's package.
    unpack: { format: 'copy' },
  };
}

async function index(root: string): Promise<DatasetIndex> {
  const samples: SourceSample[] = [];
  for (const [stem, partition] of [
    ['train', 'train'],
    ['t10k', 'test'],
  ] as const) {
    const labels = await readIdx(join(root, `${stem}-labels-idx1-ubyte.gz`));
    const images = await readIdx(join(root, `${stem}-images-idx3-ubyte.gz`));
    const [count, height, width] = images.shape;
    if (height === undefined || width === undefined || labels.values.length !== count) {
      throw new DatasetError(
        `${root}: ${stem} has images of shape ${images.shape.join('×')}, but ${labels.values.length} labels.`,
        'corrupt',
      );
    }
    labels.values.forEach((label, i) => {
      if (label >= CLASS_NAMES.length) {
        throw new DatasetError(
          `${root}/${stem}-labels-idx1-ubyte.gz: label ${i} is ${label}, not 0 to 9.`,
          'corrupt',
        );
      }
      const pixels = images.values.subarray(i * height * width, (i + 1) * height * width);
      samples.push({
        id: `${partition}/${String(i).padStart(5, '0')}`,
        label,
        partition,
        image: { kind: 'pixels', height, width, channels: 1, read: () => Promise.resolve(pixels) },
      });
    });
  }
  return { classNames: CLASS_NAMES, samples, split: allBase(CLASS_NAMES.length) };
}
