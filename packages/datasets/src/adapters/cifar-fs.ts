import type { DatasetIndex, DatasetSource, SourceSample } from '../adapter.ts';
import { CIFAR_100_CLASSES } from './cifar-100-classes.ts';
import { CIFAR_100_LAYOUT, readCifar100Binary, readCifar100Python } from './cifar-100-files.ts';
import { splitOfNames } from './official-files.ts';
import { CIFAR_FS_CLASSES } from './splits/cifar-fs.ts';

/** CIFAR-FS: CIFAR-100 with a random split by class for few-shot learning. */
export const cifarFs: DatasetSource = {
  name: 'cifar-fs',
  title: 'CIFAR-FS',
  description:
    "All 60,000 pictures of CIFAR-100 (32 × 32), 600 a class, its classes divided at random; CIFAR-100's own division " +
    'into training and test images plays no part.',
  homepage: 'https://github.com/bertinetto/r2d2',
  license: 'That of CIFAR-100: not stated by the authors; images belong to their owners.',
  citation:
    'L. Bertinetto, J. F. Henriques, P. H. S. Torr, A. Vedaldi. Meta-learning with differentiable closed-form solvers. ' +
    'ICLR 2019.',
  splitRule: {
    rule: '64 base, 16 validation and 20 novel classes, drawn at random by Bertinetto et al.',
    source:
      'pytorch-meta, torchmeta/datasets/assets/cifar100/cifar-fs/{train,val,test}.json (splits/cifar-fs.ts)',
  },
  classes: CIFAR_FS_CLASSES,
  expected: { classes: 100, samples: 60_000, split: { base: 64, validation: 16, novel: 20 } },
  distributions: [
    {
      name: 'binary',
      from: 'cifar-100',
      files: [],
      layout: CIFAR_100_LAYOUT.binary,
      index: async (root) => indexOf(await readCifar100Binary(root)),
    },
    {
      name: 'python',
      from: 'cifar-100',
      files: [],
      layout: CIFAR_100_LAYOUT.python,
      index: async (root) => indexOf(await readCifar100Python(root)),
    },
  ],
};

function indexOf(samples: readonly SourceSample[]): DatasetIndex {
  return {
    classNames: CIFAR_100_CLASSES,
    samples: samples.map(({ id, label, image }) => ({ id, label, image })),
    split: splitOfNames(CIFAR_100_CLASSES, CIFAR_FS_CLASSES),
  };
}
