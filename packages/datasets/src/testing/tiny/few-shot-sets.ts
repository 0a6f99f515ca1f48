/** Miniatures of the sets with a split by class, and of CIFAR-100, which two of them read. Every miniature has all classes. */

import { cifar100 } from '../../adapters/cifar-100.ts';
import { CIFAR_100_CLASSES, CIFAR_100_SUPERCLASSES } from '../../adapters/cifar-100-classes.ts';
import { cifarFs } from '../../adapters/cifar-fs.ts';
import { fc100, fc100Classes } from '../../adapters/fc100.ts';
import { miniImagenet } from '../../adapters/mini-imagenet.ts';
import { allBase, splitOfNames } from '../../adapters/official-files.ts';
import { CIFAR_FS_CLASSES } from '../../adapters/splits/cifar-fs.ts';
import { MINI_IMAGENET_CLASSES } from '../../adapters/splits/mini-imagenet.ts';
import { tieredImagenet, tieredImagenetClasses } from '../../adapters/tiered-imagenet.ts';
import type { Partition } from '../../dataset.ts';
import { noise, tarGz, zip } from './archives.ts';
import { type NumpyArray, type Picklable, pickle } from './pickle.ts';
import {
  countsOf,
  type Encode,
  miniature,
  pictureOf,
  range,
  TINY_SIZE,
  type TinySample,
  type TinySet,
  text,
} from './tiny-set.ts';
import { tinyImagenet } from './transfer-sets.ts';

const CIFAR_PICTURES = { size: 32, pixelsOf: cifarPictureOf };

/** CIFAR-100: one training picture of every class, unordered, and one test picture of some classes. */
export function tinyCifar100(): TinySet {
  const labels = { train: range(100).map((i) => (i * 37) % 100), test: [99, 0, 50] };
  const names = Object.keys(CIFAR_100_SUPERCLASSES).sort();
  const coarse = CIFAR_100_CLASSES.map((name) =>
    names.findIndex((superclass) => CIFAR_100_SUPERCLASSES[superclass]!.includes(name)),
  );
  const binary: Record<string, Buffer> = {
    'cifar-100-binary/fine_label_names.txt': text(CIFAR_100_CLASSES),
    'cifar-100-binary/coarse_label_names.txt': text(names),
  };
  const python: Record<string, Buffer> = {
    'cifar-100-python/meta': pickle(
      new Map([
        ['fine_label_names', CIFAR_100_CLASSES],
        ['coarse_label_names', names],
      ]),
    ),
  };
  const samples: TinySample[] = [];
  for (const partition of ['train', 'test'] as const) {
    const first = samples.length;
    const fine = labels[partition];
    fine.forEach((label, i) => {
      samples.push({
        id: `${partition}/${String(i).padStart(5, '0')}`,
        label,
        partition: partition as Partition,
        picture: first + i,
      });
    });
    const planes = fine.map((_, i) => planesOf(cifarPictureOf(first + i)));
    binary[`cifar-100-binary/${partition}.bin`] = Buffer.concat(
      fine.flatMap((label, i) => [Buffer.of(coarse[label]!, label), planes[i]!]),
    );
    python[`cifar-100-python/${partition}`] = pickle(
      new Map<string, Picklable>([
        ['filenames', fine.map((_, i) => `picture_s_00000${i}.png`)],
        ['batch_label', `${partition}ing batch 1 of 1`],
        ['fine_labels', fine],
        ['coarse_labels', fine.map((label) => coarse[label]!)],
        ['data', { shape: [fine.length, 3072], dtype: 'u1', data: Buffer.concat(planes) }],
      ]),
    );
  }
  const archives = {
    'cifar-100-binary.tar.gz': tarGz(binary),
    'cifar-100-python.tar.gz': tarGz(python),
  };
  return {
    source: miniature(cifar100, countsOf(100, samples), archives),
    distributions: ['binary', 'python'].map((name) => ({
      name,
      archives,
      classNames: CIFAR_100_CLASSES,
      samples,
      split: allBase(100),
      ...CIFAR_PICTURES,
    })),
  };
}

/** Shape (32, 32, 3). */
function cifarPictureOf(picture: number): Uint8Array {
  return noise(picture, 32 * 32 * 3);
}

/** From (32, 32, 3) to (3, 32, 32). */
function planesOf(pixels: Uint8Array): Buffer {
  return Buffer.from(range(3072).map((i) => pixels[3 * (i % 1024) + Math.floor(i / 1024)]!));
}

/** CIFAR-FS, over the miniature of CIFAR-100. */
export function tinyCifarFs(): TinySet {
  const split = splitOfNames(CIFAR_100_CLASSES, CIFAR_FS_CLASSES);
  const cifar = tinyCifar100();
  const samples = cifar.distributions[0]!.samples.map(withoutPartition);
  return {
    source: { ...cifarFs, expected: { ...cifarFs.expected!, samples: samples.length } },
    distributions: ['binary', 'python'].map((name) => ({
      name,
      archives: {},
      from: [cifar, name] as const,
      classNames: CIFAR_100_CLASSES,
      samples,
      split,
      ...CIFAR_PICTURES,
    })),
  };
}

/** FC100, over the miniature of CIFAR-100 and as pickles: `labels` is a list in two of them and an array in one. */
export function tinyFc100(): TinySet {
  const split = splitOfNames(CIFAR_100_CLASSES, fc100Classes());
  const cifar = tinyCifar100();
  const overCifar = cifar.distributions[0]!.samples.map(withoutPartition);
  const files: Record<string, Buffer> = {};
  const samples: TinySample[] = [];
  for (const [side, stem] of [
    ['base', 'train'],
    ['validation', 'val'],
    ['novel', 'test'],
  ] as const) {
    const first = samples.length;
    // Three more, so that this form has as many pictures as the miniature of CIFAR-100.
    const labels = [...split[side].toReversed(), ...(side === 'base' ? split.base.slice(0, 3) : [])];
    labels.forEach((label, i) => {
      samples.push({ id: `${stem}/${String(i).padStart(5, '0')}`, label, picture: first + i });
    });
    const pixels = Buffer.concat(labels.map((_, i) => cifarPictureOf(first + i)));
    files[`FC100_${stem}.pickle`] = pickle(
      new Map<string, Picklable>([
        ['data', { shape: [labels.length, 32, 32, 3], dtype: 'u1', data: pixels }],
        ['labels', stem === 'val' ? numbersAsArray(labels) : labels],
      ]),
    );
  }
  const archives = { 'FC100.zip': zip(files) };
  const common = { classNames: CIFAR_100_CLASSES, split, ...CIFAR_PICTURES };
  return {
    source: miniature(fc100, { ...fc100.expected!, samples: samples.length }, archives),
    distributions: [
      ...['binary', 'python'].map((name) => ({
        name,
        archives: {},
        from: [cifar, name] as const,
        samples: overCifar,
        ...common,
      })),
      { name: 'pickles', archives, samples, ...common },
    ],
  };
}

const MINI_CLASSES = Object.values(MINI_IMAGENET_CLASSES).flat().sort();

const MINI_SIDES = [
  ['base', 'train'],
  ['validation', 'val'],
  ['novel', 'test'],
] as const;

/** miniImageNet: one picture for each class, as lists over a miniature of ImageNet and as pickles of 84 × 84. */
export function tinyMiniImagenet(encode: Encode): TinySet {
  // The miniature of ImageNet also has one class outside miniImageNet.
  const imagenet = tinyImagenet(encode, [...MINI_CLASSES, 'n01440764']);
  const pictureAt = new Map(imagenet.distributions[0]!.samples.map(({ id, picture }) => [id, picture]));
  const archives: Record<string, Buffer> = {};
  const listed: TinySample[] = [];
  const pickled: TinySample[] = [];
  for (const [side, stem] of MINI_SIDES) {
    const rows = MINI_IMAGENET_CLASSES[side].map((name, i) => {
      // Each class has pictures 9 and 10 in the miniature; the first in the order of numbers is 9.
      const [place, number] = i % 2 === 0 ? [1, 9] : [2, 10];
      const filename = `${name}${String(place).padStart(8, '0')}.jpg`;
      return { name, filename, picture: pictureAt.get(`train/${name}/${name}_${number}.JPEG`)! };
    });
    archives[`${stem}.csv`] = text([
      'filename,label',
      ...rows.map(({ filename, name }) => `${filename},${name}`),
    ]);
    const first = pickled.length;
    rows.forEach(({ name, filename, picture }, i) => {
      const label = MINI_CLASSES.indexOf(name);
      listed.push({ id: `${stem}/${filename}`, label, picture });
      pickled.push({ id: `${stem}/${String(i).padStart(5, '0')}`, label, picture: first + i });
    });
    const pixels = Buffer.concat(rows.map((_, i) => largePictureOf(first + i)));
    archives[`mini-imagenet-cache-${stem}.pkl`] = pickle(
      new Map<string, Picklable>([
        ['image_data', { shape: [rows.length, 84, 84, 3], dtype: 'u1', data: pixels }],
        ['class_dict', new Map(rows.map(({ name }, i): [string, Picklable] => [name, [i]]).toReversed())],
      ]),
    );
  }
  const common = { classNames: MINI_CLASSES, split: splitOfNames(MINI_CLASSES, MINI_IMAGENET_CLASSES) };
  return {
    source: miniature(miniImagenet, { ...miniImagenet.expected!, samples: listed.length }, archives),
    distributions: [
      {
        name: 'imagenet',
        archives,
        from: [imagenet, 'archives'],
        samples: listed,
        size: TINY_SIZE,
        pixelsOf: pictureOf,
        ...common,
      },
      { name: 'pickles', archives, samples: pickled, size: 84, pixelsOf: largePictureOf, ...common },
    ],
  };
}

/** Shape (84, 84, 3). */
function largePictureOf(picture: number): Uint8Array {
  return noise(picture, 84 * 84 * 3);
}

/** tieredImageNet: over a miniature of ImageNet, and as pickles with PNG files and class names in words. */
export function tinyTieredImagenet(encode: Encode): TinySet {
  const classes = tieredImagenetClasses();
  const classNames = Object.values(classes).flat().sort();
  // The miniature of ImageNet also has one class outside all categories.
  const imagenet = tinyImagenet(encode, [...classNames, 'n15075141']);
  const overImagenet = imagenet.distributions[0]!.samples.filter(
    ({ partition, id }) => partition === 'train' && !id.includes('n15075141'),
  ).map(withoutPartition);
  const archives: Record<string, Buffer> = {};
  const names: string[] = [];
  const split: Record<keyof typeof classes, number[]> = { base: [], validation: [], novel: [] };
  const pickled: TinySample[] = [];
  for (const [side, stem] of MINI_SIDES) {
    const own = classes[side].map((id) => `word of ${id}`);
    split[side] = own.map((_, i) => names.length + i);
    const labels = own.flatMap((_, i) => [i, i]).toReversed();
    const first = pickled.length;
    labels.forEach((label, i) => {
      const id = `${stem}/${String(i).padStart(6, '0')}`;
      pickled.push({ id, label: names.length + label, picture: (first + i) % 50 });
    });
    names.push(...own);
    archives[`${stem}_labels.pkl`] = pickle(
      new Map<string, Picklable>([
        ['label_specific', numbersAsArray(labels)],
        ['label_specific_str', own],
      ]),
    );
    archives[`${stem}_images_png.pkl`] = pickle(
      labels.map((_, i): NumpyArray => {
        // cv2.imencode returns a column of bytes.
        const data = encode((first + i) % 50);
        return { shape: [data.length, 1], dtype: 'u1', data };
      }),
    );
  }
  return {
    source: miniature(tieredImagenet, { ...tieredImagenet.expected!, samples: pickled.length }, archives),
    distributions: [
      {
        name: 'imagenet',
        archives: {},
        from: [imagenet, 'archives'],
        classNames,
        samples: overImagenet,
        split: splitOfNames(classNames, classes),
        size: TINY_SIZE,
        pixelsOf: pictureOf,
      },
      {
        name: 'pickles',
        archives,
        classNames: names,
        samples: pickled,
        split,
        size: TINY_SIZE,
        pixelsOf: pictureOf,
      },
    ],
  };
}

function withoutPartition({ id, label, picture }: TinySample): TinySample {
  return { id, label, picture };
}

function numbersAsArray(numbers: readonly number[]): NumpyArray {
  const data = Buffer.from(BigInt64Array.from(numbers.map(BigInt)).buffer);
  return { shape: [numbers.length], dtype: 'i8', data };
}
