/** Miniatures of the sets with a split by sample. */
import { gzipSync } from 'node:zlib';
import { caltech256 } from '../../adapters/caltech-256.ts';
import { cub200 } from '../../adapters/cub-200-2011.ts';
import { fashionMnist } from '../../adapters/fashion-mnist.ts';
import { imagenet1k } from '../../adapters/imagenet-1k.ts';
import { inaturalist2017 } from '../../adapters/inaturalist-2017.ts';
import { allBase } from '../../adapters/official-files.ts';
import { oxford102Flowers } from '../../adapters/oxford-102-flowers.ts';
import { OXFORD_102_FLOWERS_NAMES } from '../../adapters/oxford-102-flowers-names.ts';
import { oxfordIiitPets } from '../../adapters/oxford-iiit-pets.ts';
import { places365 } from '../../adapters/places365.ts';
import type { Partition } from '../../dataset.ts';
import { noise, type Tree, tar, tarGz, zip } from './archives.ts';
import { mat } from './mat.ts';
import {
  countsOf,
  type Encode,
  miniature,
  pictureOf,
  range,
  TINY_SIZE,
  type TinyDistribution,
  type TinySample,
  type TinySet,
  text,
} from './tiny-set.ts';

/** Pictures are files of this size. */
const PICTURES = { size: TINY_SIZE, pixelsOf: pictureOf };

/** CUB: two species of three pictures; image ids are not in the order of the split. */
export function tinyCub(encode: Encode): TinySet {
  const classNames = ['Black_footed_Albatross', 'Laysan_Albatross'];
  const folders = classNames.map((name, label) => `00${label + 1}.${name}`);
  const images = folders.flatMap((folder, label) =>
    range(3).map((i) => ({ path: `${folder}/Bird_000${i}_${label}.jpg`, label, training: (i + label) % 2 })),
  );
  const tree: Record<string, Buffer> = {
    'CUB_200_2011/README': text(['miniature']),
    'CUB_200_2011/classes.txt': text(folders.map((folder, label) => `${label + 1} ${folder}`)),
    'CUB_200_2011/images.txt': text(images.map(({ path }, i) => `${i + 1} ${path}`)),
    'CUB_200_2011/image_class_labels.txt': text(images.map(({ label }, i) => `${i + 1} ${label + 1}`)),
    'CUB_200_2011/train_test_split.txt': text(images.map(({ training }, i) => `${i + 1} ${training}`)),
  };
  images.forEach(({ path }, i) => {
    tree[`CUB_200_2011/images/${path}`] = encode(i);
  });
  const samples = images.map(({ path, label, training }, picture) => ({
    id: path,
    label,
    partition: sideOf(training === 1),
    picture,
  }));
  const archives = { 'CUB_200_2011.tgz': tarGz(tree) };
  return oneDistribution('official', cub200, classNames, samples, archives);
}

/** Caltech-256: a class with more than 60 pictures, one with fewer, clutter, and the stray file and folder. */
export function tinyCaltech(encode: Encode): TinySet {
  const tree: Record<string, Buffer> = {};
  const samples: TinySample[] = [];
  for (const [label, [folder, count]] of [
    ['001.ak47', 62],
    ['002.american-flag', 3],
    ['003.clutter', 2],
  ].entries() as Iterable<[number, [string, number]]>) {
    for (const i of range(count)) {
      const picture = 100 * label + i;
      const name = `${folder.slice(0, 3)}_${String(i + 1).padStart(4, '0')}.jpg`;
      tree[`256_ObjectCategories/${folder}/${name}`] = encode(picture);
      if (folder !== '003.clutter') samples.push({ id: `${folder}/${name}`, label, picture });
    }
  }
  tree['256_ObjectCategories/001.ak47/RENAME2'] = text(['a stray file']);
  tree['256_ObjectCategories/002.american-flag/greg/vision309/notes.txt'] = text(['a stray folder']);
  // The last two of the shuffle, computed by a separate Philox4x32-10 and Fisher-Yates in Python.
  const testing = new Set(['001.ak47/001_0032.jpg', '001.ak47/001_0060.jpg']);
  const split = samples.map((sample) => ({ ...sample, partition: sideOf(!testing.has(sample.id)) }));
  const archives = { '256_ObjectCategories.tar': tar(tree) };
  return oneDistribution('official', caltech256, ['ak47', 'american-flag'], split, archives);
}

/** Flowers: six pictures of two of the 102 kinds; the lists of setid.mat are not in ascending order. */
export function tinyFlowers(encode: Encode): TinySet {
  const labels = [77, 1, 77, 1, 77, 1];
  const sets = { trnid: [4, 1], valid: [6, 3], tstid: [5, 2] };
  const tree: Record<string, Buffer> = {};
  labels.forEach((_, i) => {
    tree[`jpg/image_0000${i + 1}.jpg`] = encode(i);
  });
  const samples = (['trnid', 'valid', 'tstid'] as const).flatMap((set) =>
    sets[set].map((number): TinySample => {
      const partition = ({ trnid: 'train', valid: 'validation', tstid: 'test' } as const)[set];
      return {
        id: `jpg/image_0000${number}.jpg`,
        label: labels[number - 1]! - 1,
        partition,
        picture: number - 1,
      };
    }),
  );
  const archives = {
    '102flowers.tgz': tarGz(tree),
    'imagelabels.mat': mat({ labels }),
    'setid.mat': mat(sets),
  };
  return oneDistribution('official', oxford102Flowers, OXFORD_102_FLOWERS_NAMES, samples, archives);
}

/** Pets: three of the breeds, one with an underscore in its name. */
export function tinyPets(encode: Encode): TinySet {
  const classNames = ['Abyssinian', 'american_bulldog', 'Sphynx'];
  const lists: Record<'trainval' | 'test', string[]> = { trainval: [], test: [] };
  const images: Record<string, Buffer> = { 'images/Abyssinian_1.mat': text(['stray']) };
  const samples: TinySample[] = [];
  for (const list of ['trainval', 'test'] as const) {
    for (const [label, name] of classNames.entries()) {
      const picture = samples.length;
      const id = `${name}_${picture + 1}`;
      lists[list].push(`${id} ${label + 1} ${label === 1 ? 2 : 1} 1`);
      images[`images/${id}.jpg`] = encode(picture);
      samples.push({ id, label, partition: sideOf(list === 'trainval'), picture });
    }
  }
  const annotations = {
    'annotations/README': text(['miniature']),
    'annotations/trainval.txt': text(lists.trainval),
    'annotations/test.txt': text(lists.test),
  };
  const archives = { 'images.tar.gz': tarGz(images), 'annotations.tar.gz': tarGz(annotations) };
  return oneDistribution('official', oxfordIiitPets, classNames, samples, archives);
}

/** iNaturalist 2017: two categories; ids of images and categories are in no order. */
export function tinyInaturalist(encode: Encode): TinySet {
  const names = { 12: 'Aves/Larus argentatus', 7: 'Plantae/Abies alba' } as const;
  const images = (['train', 'train', 'train', 'val'] as const).map((list, picture) => {
    const category = picture % 2 === 0 ? 12 : 7;
    return {
      list,
      picture,
      category,
      id: 900 - picture,
      path: `train_val_images/${names[category]}/p${picture}.jpg`,
    };
  });
  const json = (list: string): Buffer => {
    const listed = images.filter((image) => image.list === list);
    return Buffer.from(
      JSON.stringify({
        info: { year: 2017 },
        images: listed.map(({ id, path }) => ({ id, file_name: path, width: 16, height: 16, license: 1 })),
        categories: Object.entries(names).map(([id, path]) => ({
          id: Number(id),
          name: path.split('/')[1],
          supercategory: path.split('/')[0],
        })),
        annotations: listed
          .toReversed()
          .map(({ id, category }, i) => ({ id: i, image_id: id, category_id: category })),
        licenses: [],
      }),
    );
  };
  const archives = {
    'train_val_images.tar.gz': tarGz(
      Object.fromEntries(images.map(({ path, picture }) => [path, encode(picture)])),
    ),
    'train_val2017.zip': zip({ 'train2017.json': json('train'), 'val2017.json': json('val') }),
  };
  const samples = images.map(({ path, category, list, picture }) => ({
    id: path,
    label: category === 7 ? 0 : 1,
    partition: sideOf(list === 'train'),
    picture,
  }));
  return oneDistribution('official', inaturalist2017, ['Abies alba', 'Larus argentatus'], samples, archives);
}

/** Places365: three scenes, one with two levels in its name; small and large form. */
export function tinyPlaces(encode: Encode): TinySet {
  const classNames = ['airfield', 'apartment_building/outdoor', 'zen_garden'];
  const paths = classNames.map((name) => `/${name[0]}/${name}`);
  const training = [2, 0, 1, 0].map((label, i) => ({ file: `${paths[label]}/0000000${i + 1}.jpg`, label }));
  const testing = [1, 2].map((label, i) => ({ file: `Places365_val_0000000${i + 1}.jpg`, label }));
  const lists = {
    'categories_places365.txt': text(paths.map((path, label) => `${path} ${label}`)),
    'places365_train_standard.txt': text(training.map(({ file, label }) => `${file} ${label}`)),
    'places365_val.txt': text(testing.map(({ file, label }) => `${file} ${label}`)),
  };
  const trainingTree = (folder: string): Tree =>
    Object.fromEntries(training.map(({ file }, i) => [`${folder}${file}`, encode(i)]));
  const testingTree = (folder: string): Tree =>
    Object.fromEntries(testing.map(({ file }, i) => [`${folder}/${file}`, encode(10 + i)]));
  const archives = {
    'filelist_places365-standard.tar': tar(lists),
    'train_256_places365standard.tar': tar(trainingTree('data_256')),
    'val_256.tar': tar(testingTree('val_256')),
    'train_large_places365standard.tar': tar(trainingTree('data_large')),
    'val_large.tar': tar(testingTree('val_large')),
  };
  const samples = [
    ...training.map(
      ({ file, label }, i): TinySample => ({
        id: `train${file}`,
        label,
        partition: 'train',
        picture: i,
      }),
    ),
    ...testing.map(
      ({ file, label }, i): TinySample => ({
        id: `test/${file}`,
        label,
        partition: 'test',
        picture: 10 + i,
      }),
    ),
  ];
  const source = miniature(places365, countsOf(classNames.length, samples), archives);
  const split = allBase(classNames.length);
  return {
    source,
    distributions: ['small', 'standard'].map((name) => ({
      name,
      archives,
      classNames,
      samples,
      split,
      ...PICTURES,
    })),
  };
}

/** ImageNet: the requested classes, with two training pictures and one test picture each. */
export function tinyImagenet(encode: Encode, wordNetIds: readonly string[]): TinySet {
  const classNames = wordNetIds.toSorted();
  // The development kit's own numbers are not in alphabetical order; synsets with children come after the classes.
  const numbered = [...classNames.slice(1), classNames[0]!];
  const training: Record<string, Buffer> = {};
  const folders: Record<string, Buffer> = {};
  const samples: TinySample[] = [];
  for (const [label, wordNetId] of classNames.entries()) {
    const pictures: Record<string, Buffer> = {};
    // 10 comes before 9 in alphabetical order.
    for (const number of [10, 9]) {
      const name = `${wordNetId}_${number}.JPEG`;
      const picture = samples.length;
      pictures[name] = encode(picture);
      folders[`train/${wordNetId}/${name}`] = encode(picture);
      samples.push({ id: `train/${wordNetId}/${name}`, label, partition: 'train', picture });
    }
    training[`${wordNetId}.tar`] = tar(pictures);
  }
  const validation: Record<string, Buffer> = {};
  const truth: number[] = [];
  for (const i of range(classNames.length)) {
    const number = classNames.length - i;
    const wordNetId = numbered[number - 1]!;
    const name = `ILSVRC2012_val_${String(i + 1).padStart(8, '0')}.JPEG`;
    const picture = samples.length;
    truth.push(number);
    validation[name] = encode(picture);
    folders[`val/${wordNetId}/${name}`] = encode(picture);
    samples.push({
      id: `val/${wordNetId}/${name}`,
      label: classNames.indexOf(wordNetId),
      partition: 'test',
      picture,
    });
  }
  const synsets = {
    fields: [
      'ILSVRC2012_ID',
      'WNID',
      'words',
      'gloss',
      'num_children',
      'children',
      'wordnet_height',
      'num_train_images',
    ],
    rows: [
      ...numbered.map((id, i) => [i + 1, id, `word ${id}, synonym`, 'gloss', 0, 0, 0, 2]),
      [numbered.length + 1, 'n00001740', 'entity', 'gloss', 2, 1, 19, 0],
    ],
  };
  const devkit = 'ILSVRC2012_devkit_t12';
  const archives = {
    'ILSVRC2012_img_train.tar': tar(training),
    'ILSVRC2012_img_val.tar': tar(validation),
    'ILSVRC2012_devkit_t12.tar.gz': tarGz({
      [`${devkit}/data/meta.mat`]: mat({ synsets }),
      [`${devkit}/data/ILSVRC2012_validation_ground_truth.txt`]: text(truth.map(String)),
    }),
  };
  const common = { classNames, samples, split: allBase(classNames.length), ...PICTURES };
  return {
    source: miniature(imagenet1k, countsOf(classNames.length, samples), archives),
    distributions: [
      { name: 'archives', archives, ...common },
      { name: 'folders', archives: {}, placed: folders, ...common },
    ],
  };
}

/** Fashion-MNIST: four grey pictures of 28 × 28; the picture's number is the seed of its noise. */
export function tinyFashion(): TinySet {
  const labels = { train: [9, 0, 3], t10k: [2] };
  const idx = (shape: readonly number[], values: Uint8Array): Buffer => {
    const header = Buffer.alloc(4 + 4 * shape.length);
    header.writeUInt32BE(0x0800 + shape.length, 0);
    shape.forEach((side, i) => {
      header.writeUInt32BE(side, 4 + 4 * i);
    });
    return gzipSync(Buffer.concat([header, values]));
  };
  const archives: Record<string, Buffer> = {};
  const samples: TinySample[] = [];
  for (const [stem, partition] of [
    ['train', 'train'],
    ['t10k', 'test'],
  ] as const) {
    const first = samples.length;
    labels[stem].forEach((label, i) => {
      samples.push({ id: `${partition}/0000${i}`, label, partition, picture: first + i });
    });
    const pixels = labels[stem].map((_, i) => greyPictureOf(first + i));
    archives[`${stem}-images-idx3-ubyte.gz`] = idx([pixels.length, 28, 28], Buffer.concat(pixels));
    archives[`${stem}-labels-idx1-ubyte.gz`] = idx([pixels.length], Uint8Array.from(labels[stem]));
  }
  const classNames = fashionClassNames;
  const source = miniature(fashionMnist, countsOf(10, samples), archives);
  return {
    // The miniature must not find the real pictures where Debian's package is installed.
    source: { ...source, distributions: [source.distributions[0]] },
    distributions: [
      { name: 'idx', archives, classNames, samples, split: allBase(10), size: 28, pixelsOf: greyAsRgb },
    ],
  };
}

function greyAsRgb(picture: number): Uint8Array {
  return Uint8Array.from([...greyPictureOf(picture)].flatMap((grey) => [grey, grey, grey]));
}

/** Shape (28, 28). */
function greyPictureOf(picture: number): Uint8Array {
  return noise(picture, 28 * 28);
}

const fashionClassNames = [
  ...['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat'],
  ...['Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'],
];

function oneDistribution(
  name: string,
  source: TinySet['source'],
  classNames: readonly string[],
  samples: readonly TinySample[],
  archives: Readonly<Record<string, Buffer>>,
): TinySet {
  const distribution: TinyDistribution = {
    name,
    archives,
    classNames,
    samples,
    split: allBase(classNames.length),
    ...PICTURES,
  };
  return {
    source: miniature(source, countsOf(classNames.length, samples), archives),
    distributions: [distribution],
  };
}

function sideOf(training: boolean): Partition {
  return training ? 'train' : 'test';
}
