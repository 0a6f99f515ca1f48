import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatasetIndex, DatasetSource, SourceSample } from '../adapter.ts';
import { DatasetError } from '../errors.ts';
import { allBase } from './official-files.ts';

/** iNaturalist 2017: observers' photographs of 5,089 species, listed in COCO-style JSON. */
export const inaturalist2017: DatasetSource = {
  name: 'inaturalist-2017',
  title: 'iNaturalist 2017 Competition',
  description:
    'Photographs of 5,089 species of plants, animals and fungi by observers in the field; how many there are of a ' +
    'species follows how often people see it.',
  homepage: 'https://github.com/visipedia/inat_comp/tree/master/2017',
  license: 'Images belong to their owners; for non-commercial research and education, not to be distributed.',
  citation:
    'G. Van Horn, O. Mac Aodha, Y. Song, Y. Cui, C. Sun, A. Shepard, H. Adam, P. Perona, S. Belongie. The iNaturalist ' +
    'Species Classification and Detection Dataset. CVPR 2018.',
  splitRule: {
    rule:
      'Official training images (train2017.json) are for training. The official validation images (val2017.json) are ' +
      'for testing, as is usual: the labels of the official test images are not published.',
    source: 'https://github.com/visipedia/inat_comp/blob/master/2017/README.md',
  },
  expected: {
    classes: 5_089,
    samples: 675_170,
    partitions: { train: 579_184, test: 95_986 },
    split: { base: 5_089, validation: 0, novel: 0 },
  },
  distributions: [
    {
      name: 'official',
      files: [
        {
          name: 'train_val_images.tar.gz',
          urls: ['https://ml-inat-competition-datasets.s3.amazonaws.com/2017/train_val_images.tar.gz'],
          size: 198_765_436_676,
          checksum: {
            algorithm: 'md5',
            value: '7c784ea5e424efaec655bd392f87301f',
            source: 'https://github.com/visipedia/inat_comp/blob/master/2017/README.md',
          },
          unpack: { format: 'tar', limits: { entries: 1_000_000, bytes: 300e9 } },
        },
        {
          name: 'train_val2017.zip',
          urls: ['https://ml-inat-competition-datasets.s3.amazonaws.com/2017/train_val2017.zip'],
          size: 26_836_398,
          checksum: {
            algorithm: 'sha256',
            value: 'e030b52cca0b54709b0b976ddcf811513e05771cabbae4ac5899a56599e9066c',
            source:
              'TensorFlow Datasets, url_checksums/i_naturalist2017.txt (the file at its earlier address)',
          },
          unpack: { format: 'zip' },
        },
      ],
      layout: ['train2017.json', 'val2017.json', 'train_val_images'],
      index,
    },
  ],
};

/** The parts of COCO's format that this adapter reads. */
interface Annotations {
  images: { id: number; file_name: string }[];
  categories: { id: number; name: string }[];
  annotations: { image_id: number; category_id: number }[];
}

async function index(root: string): Promise<DatasetIndex> {
  const training = await readAnnotations(root, 'train2017.json');
  const validation = await readAnnotations(root, 'val2017.json');
  // A label is the position of the category's id in ascending order.
  const categories = training.categories.toSorted((a, b) => a.id - b.id);
  const labels = new Map(categories.map(({ id }, label) => [id, label]));
  return {
    classNames: categories.map(({ name }) => name),
    samples: [
      ...samplesOf(training, 'train', 'train2017.json', labels),
      ...samplesOf(validation, 'test', 'val2017.json', labels),
    ],
    split: allBase(categories.length),
  };
}

async function readAnnotations(root: string, file: string): Promise<Annotations> {
  const text = await readFile(join(root, file), 'utf8');
  let parsed: Partial<Annotations>;
  try {
    parsed = JSON.parse(text) as Partial<Annotations>;
  } catch (error) {
    throw new DatasetError(`${join(root, file)} is not JSON; fetch it again.`, 'corrupt', { cause: error });
  }
  const { images, categories, annotations } = parsed;
  if (![images, categories, annotations].every(Array.isArray)) {
    throw new DatasetError(
      `${join(root, file)} lacks images, categories or annotations; it is not COCO-style.`,
      'corrupt',
    );
  }
  return { images: images!, categories: categories!, annotations: annotations! };
}

function samplesOf(
  { images, annotations }: Annotations,
  partition: 'train' | 'test',
  file: string,
  labels: ReadonlyMap<number, number>,
): SourceSample[] {
  const categoryOf = new Map(annotations.map(({ image_id, category_id }) => [image_id, category_id]));
  return images.map(({ id, file_name: path }) => {
    const label = labels.get(categoryOf.get(id) ?? Number.NaN);
    if (label === undefined) {
      throw new DatasetError(
        `${file}: image ${id} (${path}) has no annotation of a known category.`,
        'corrupt',
      );
    }
    return { id: path, label, partition, image: { kind: 'file', path } };
  });
}
