import { join } from 'node:path';
import type { DatasetIndex, DatasetSource, SourceSample } from '../adapter.ts';
import type { ClassSplit } from '../dataset.ts';
import { DatasetError } from '../errors.ts';
import { readNumpyPickle } from '../readers/numpy-pickle.ts';
import { CIFAR_100_CLASSES, CIFAR_100_SUPERCLASSES } from './cifar-100-classes.ts';
import { CIFAR_100_LAYOUT, readCifar100Binary, readCifar100Python } from './cifar-100-files.ts';
import { splitOfNames, wholeNumber } from './official-files.ts';
import { entry, imagesOf, numbersOf } from './pickled.ts';
import { FC100_SUPERCLASSES } from './splits/fc100.ts';

const IMAGE_BYTES = 32 * 32 * 3;

/** FC100: CIFAR-100 split by superclass, so that base and novel classes are not alike. */
export const fc100: DatasetSource = {
  name: 'fc100',
  title: 'Fewshot-CIFAR100 (FC100)',
  description:
    'All 60,000 pictures of CIFAR-100 (32 × 32), 600 a class, divided by superclass: no superclass has classes on two ' +
    'sides, which makes it harder than CIFAR-FS.',
  homepage: 'https://github.com/ElementAI/TADAM',
  license: 'That of CIFAR-100: not stated by the authors; images belong to their owners.',
  citation:
    'B. N. Oreshkin, P. Rodríguez, A. Lacoste. TADAM: Task dependent adaptive metric for improved few-shot learning. ' +
    'NeurIPS 2018.',
  splitRule: {
    rule: '12 base, 4 validation and 4 novel superclasses of five classes each.',
    source:
      'TADAM, supplementary material; pytorch-meta, torchmeta/datasets/assets/cifar100/fc100/{train,test}.json ' +
      '(splits/fc100.ts)',
  },
  classes: fc100Classes(),
  expected: { classes: 100, samples: 60_000, split: { base: 60, validation: 20, novel: 20 } },
  distributions: [
    {
      name: 'binary',
      from: 'cifar-100',
      files: [],
      layout: CIFAR_100_LAYOUT.binary,
      index: async (root) => indexOfCifar(await readCifar100Binary(root)),
    },
    {
      name: 'python',
      from: 'cifar-100',
      files: [],
      layout: CIFAR_100_LAYOUT.python,
      index: async (root) => indexOfCifar(await readCifar100Python(root)),
    },
    {
      name: 'pickles',
      manual:
        'Google Drive asks people to confirm, so fetch FC100.zip in a browser: ' +
        'https://drive.google.com/file/d/18SPp-RLOL-nxxoHtkU8-n8OspDjMfhAH/view',
      files: [
        {
          name: 'FC100.zip',
          urls: [],
          checksum: {
            algorithm: 'md5',
            value: 'db78f3657ff1a06cfe3dd74421a98d5d',
            source: 'PaddleFSL, paddlefsl/datasets/fc100.py',
          },
          unpack: { format: 'zip' },
        },
      ],
      layout: ['FC100_train.pickle', 'FC100_val.pickle', 'FC100_test.pickle'],
      index: indexPickles,
    },
  ],
};

/** Class names of each side, by superclass. */
export function fc100Classes(): Record<keyof ClassSplit, string[]> {
  const classesOf = (superclasses: readonly string[]): string[] =>
    superclasses.flatMap((name) => [...CIFAR_100_SUPERCLASSES[name]!]);
  return {
    base: classesOf(FC100_SUPERCLASSES.base),
    validation: classesOf(FC100_SUPERCLASSES.validation),
    novel: classesOf(FC100_SUPERCLASSES.novel),
  };
}

function indexOfCifar(samples: readonly SourceSample[]): DatasetIndex {
  return {
    classNames: CIFAR_100_CLASSES,
    samples: samples.map(({ id, label, image }) => ({ id, label, image })),
    split: splitOfNames(CIFAR_100_CLASSES, fc100Classes()),
  };
}

/**
 * Lee et al.'s pickles (MetaOptNet, data/FC100.py): `data`, shape (images, 32, 32, 3), and `labels`, CIFAR-100's fine labels.
 * A check requires that each file has exactly the published classes of its side.
 */
async function indexPickles(root: string): Promise<DatasetIndex> {
  const split = splitOfNames(CIFAR_100_CLASSES, fc100Classes());
  const samples: SourceSample[] = [];
  for (const [side, stem] of [
    ['base', 'train'],
    ['validation', 'val'],
    ['novel', 'test'],
  ] as const) {
    const file = `FC100_${stem}.pickle`;
    const pickle = await readNumpyPickle(join(root, file));
    const labels = (await numbersOf(entry(pickle, 'labels', file), file)).map((label) =>
      wholeNumber(String(label), 0, 99, file),
    );
    const { data } = imagesOf(entry(pickle, 'data', file), IMAGE_BYTES, file);
    const found = [...new Set(labels)].sort((a, b) => a - b);
    if (found.join() !== split[side].join() || labels.length * IMAGE_BYTES !== data.length) {
      throw new DatasetError(
        `${join(root, file)} does not have an image for each label, or its labels are not the published ${side} classes.`,
        'corrupt',
      );
    }
    labels.forEach((label, i) => {
      samples.push({
        id: `${stem}/${String(i).padStart(5, '0')}`,
        label,
        image: {
          kind: 'pixels',
          height: 32,
          width: 32,
          channels: 3,
          read: () => data.read(i * IMAGE_BYTES, (i + 1) * IMAGE_BYTES),
        },
      });
    });
  }
  return { classNames: CIFAR_100_CLASSES, samples, split };
}
