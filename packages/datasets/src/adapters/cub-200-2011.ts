import { join } from 'node:path';
import type { DatasetIndex, DatasetSource } from '../adapter.ts';
import { DatasetError } from '../errors.ts';
import { allBase, readLines, wholeNumber } from './official-files.ts';

const FOLDER = 'CUB_200_2011';

/** CUB-200-2011: 200 species of birds, fine-grained. Plain text files list the images, the classes and the split. */
export const cub200: DatasetSource = {
  name: 'cub-200-2011',
  title: 'Caltech-UCSD Birds-200-2011',
  description:
    'Photographs of 200 species of birds, mostly North American, from Flickr, checked by people. Boxes, parts and ' +
    'attributes come with the archive and are not used here.',
  homepage: 'https://www.vision.caltech.edu/datasets/cub_200_2011/',
  license: 'Images belong to their owners; for non-commercial research and education only.',
  citation:
    'C. Wah, S. Branson, P. Welinder, P. Perona, S. Belongie. The Caltech-UCSD Birds-200-2011 Dataset. ' +
    'Technical Report CNS-TR-2011-001, California Institute of Technology, 2011.',
  splitRule: {
    rule: 'Official training and test images: 1 in train_test_split.txt is training, 0 is test.',
    source: 'README and train_test_split.txt in the archive',
  },
  expected: {
    classes: 200,
    samples: 11_788,
    partitions: { train: 5_994, test: 5_794 },
    split: { base: 200, validation: 0, novel: 0 },
  },
  distributions: [
    {
      name: 'official',
      files: [
        {
          name: 'CUB_200_2011.tgz',
          urls: ['https://data.caltech.edu/records/65de6-vp158/files/CUB_200_2011.tgz'],
          size: 1_150_585_339,
          checksum: {
            algorithm: 'sha256',
            value: '0c685df5597a8b24909f6a7c9db6d11e008733779a671760afef78feb49bf081',
            source: 'TensorFlow Datasets, url_checksums/caltech_birds2011.txt',
          },
          unpack: { format: 'tar' },
        },
      ],
      layout: [`${FOLDER}/images.txt`, `${FOLDER}/images`],
      index,
    },
  ],
};

async function index(root: string): Promise<DatasetIndex> {
  const classes = await readLines(join(root, FOLDER, 'classes.txt'), 2);
  const images = await readLines(join(root, FOLDER, 'images.txt'), 2);
  const labels = new Map(await pairs(root, 'image_class_labels.txt'));
  const training = new Map(await pairs(root, 'train_test_split.txt'));
  const samples = images.map(([id, path]) => {
    const [label, isTraining] = [labels.get(id!), training.get(id!)];
    if (label === undefined || isTraining === undefined) {
      throw new DatasetError(
        `${root}/${FOLDER}: image ${id} of images.txt is missing from image_class_labels.txt or train_test_split.txt.`,
        'corrupt',
      );
    }
    return {
      id: path!,
      label: wholeNumber(label, 1, classes.length, `${FOLDER}/image_class_labels.txt`) - 1,
      partition: isTraining === '1' ? ('train' as const) : ('test' as const),
      image: { kind: 'file' as const, path: `${FOLDER}/images/${path}` },
    };
  });
  return {
    // Names look like "001.Black_footed_Albatross".
    classNames: classes.map(([, name]) => name!.replace(/^\d+\./, '')),
    samples,
    split: allBase(classes.length),
  };
}

async function pairs(root: string, file: string): Promise<[string, string][]> {
  return (await readLines(join(root, FOLDER, file), 2)).map(([id, value]) => [id!, value!]);
}
