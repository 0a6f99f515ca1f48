import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { checkedIndex } from '../load-source.ts';
import { pickle } from '../testing/tiny/pickle.ts';
import { placeMiniature } from '../testing/tiny/place.ts';
import { text } from '../testing/tiny/tiny-set.ts';
import { tinySets } from '../testing/tiny/tiny-sets.ts';

const SETS = tinySets();

/** A file of a miniature, what is done to it, and what must be said. */
const DAMAGES: readonly {
  set: string;
  distribution: string;
  /** Below the place of all sets. */
  file: string;
  damage: (content: Buffer) => Buffer;
  message: RegExp;
}[] = [
  {
    set: 'cub-200-2011',
    distribution: 'official',
    file: 'cub-200-2011/extracted/CUB_200_2011/train_test_split.txt',
    damage: (content) => content.subarray(0, content.indexOf('\n') + 1),
    message: /image 2 of images.txt is missing from image_class_labels.txt or train_test_split.txt/,
  },
  {
    set: 'cub-200-2011',
    distribution: 'official',
    file: 'cub-200-2011/extracted/CUB_200_2011/image_class_labels.txt',
    damage: (content) => Buffer.from(content.toString().replace('1 1', '1 3')),
    message: /image_class_labels.txt has "3" where a number from 1 to 2 belongs/,
  },
  {
    set: 'cub-200-2011',
    distribution: 'official',
    file: 'cub-200-2011/extracted/CUB_200_2011/images.txt',
    damage: (content) => Buffer.from(content.toString().replace(/ .*/, '')),
    message: /images.txt, line 1, has 1 words, expected 2/,
  },
  {
    set: 'oxford-iiit-pets',
    distribution: 'official',
    file: 'oxford-iiit-pets/extracted/annotations/test.txt',
    damage: (content) => Buffer.from(content.toString().replace('Abyssinian', 'Bengal')),
    message: /test.txt calls class 1 both Abyssinian and Bengal/,
  },
  {
    set: 'places365',
    distribution: 'small',
    file: 'places365/extracted/categories_places365.txt',
    damage: (content) => Buffer.from(content.toString().replace('zen_garden 2', 'zen_garden 0')),
    message: /categories_places365.txt gives class 0 to airfield and/,
  },
  {
    set: 'inaturalist-2017',
    distribution: 'official',
    file: 'inaturalist-2017/extracted/val2017.json',
    damage: (content) => Buffer.from(content.toString().replace('"category_id":7', '"category_id":8')),
    message: /val2017.json: image 897 .* has no annotation of a known category/,
  },
  {
    set: 'inaturalist-2017',
    distribution: 'official',
    file: 'inaturalist-2017/extracted/val2017.json',
    damage: (content) => content.subarray(0, 40),
    message: /val2017.json is not JSON/,
  },
  {
    set: 'imagenet-1k',
    distribution: 'archives',
    file: 'imagenet-1k/extracted/ILSVRC2012_devkit_t12/data/ILSVRC2012_validation_ground_truth.txt',
    damage: (content) => Buffer.concat([content, text(['1'])]),
    message: /val has 3 images, but the development kit has 4 labels/,
  },
  {
    set: 'imagenet-1k',
    distribution: 'archives',
    file: 'imagenet-1k/extracted/ILSVRC2012_devkit_t12/data/ILSVRC2012_validation_ground_truth.txt',
    // 4 is the number of a synset with children.
    damage: (content) => Buffer.from(content.toString().replace('3', '4')),
    message: /line 1: 4 is no class of .*meta.mat/,
  },
  {
    set: 'cifar-100',
    distribution: 'binary',
    file: 'cifar-100/extracted/cifar-100-binary/fine_label_names.txt',
    damage: (content) =>
      Buffer.from(content.toString().replace('apple\naquarium_fish', 'aquarium_fish\napple')),
    message: /does not have CIFAR-100's 100 classes in their order/,
  },
  {
    set: 'cifar-100',
    distribution: 'binary',
    file: 'cifar-100/extracted/cifar-100-binary/test.bin',
    damage: (content) => content.subarray(1),
    message: /test.bin has 9221 bytes, no multiple of 3074/,
  },
  {
    set: 'cifar-100',
    distribution: 'python',
    file: 'cifar-100/extracted/cifar-100-python/test',
    damage: () => pickle(new Map([['fine_labels', [1, 2]]])),
    message: /test holds no dictionary with data/,
  },
  {
    set: 'fc100',
    distribution: 'pickles',
    file: 'fc100/extracted/FC100_val.pickle',
    damage: () =>
      pickle(
        new Map<string, Parameters<typeof pickle>[0]>([
          ['labels', [0]],
          ['data', { shape: [1, 32, 32, 3], dtype: 'u1', data: Buffer.alloc(3072) }],
        ]),
      ),
    message: /FC100_val.pickle does not have .* its labels are not the published validation classes/,
  },
  {
    set: 'mini-imagenet',
    distribution: 'imagenet',
    file: 'mini-imagenet/extracted/test.csv',
    // A class of the base side among the novel ones.
    damage: (content) => Buffer.concat([content, text(['n0153282900000001.jpg,n01532829'])]),
    message: /test.csv does not have the published novel classes/,
  },
  {
    set: 'mini-imagenet',
    distribution: 'imagenet',
    file: 'mini-imagenet/extracted/val.csv',
    damage: (content) => Buffer.from(content.toString().replace('00000001.jpg', '00000003.jpg')),
    message: /val.csv lists n\d{8}00000003.jpg, which .* does not have/,
  },
  {
    set: 'tiered-imagenet',
    distribution: 'pickles',
    file: 'tiered-imagenet/extracted/val_images_png.pkl',
    damage: () => pickle([1, 2]),
    message: /val_images_png.pkl has no list of 194 images/,
  },
  {
    set: 'fashion-mnist',
    distribution: 'idx',
    file: 'fashion-mnist/extracted/t10k-labels-idx1-ubyte.gz',
    damage: (content) => content.subarray(0, 12),
    message: /t10k-labels-idx1-ubyte.gz/,
  },
];

describe('damaged files', () => {
  let root = '';
  afterEach(() => rm(root, { recursive: true, force: true }));

  it.each(DAMAGES)('$file: $message', async ({ set, distribution, file, damage, message }) => {
    root = await mkdtemp(join(tmpdir(), 'damage-'));
    const tiny = SETS.find(({ source }) => source.name === set)!;
    await placeMiniature(root, tiny, distribution);
    await checkedIndex(tiny.source, root);
    const path = join(root, file);
    const content = damage(await readFile(path));
    await writeFile(`${path}.damaged`, content);
    await rename(`${path}.damaged`, path);
    await expect(checkedIndex(tiny.source, root)).rejects.toThrow(message);
    await expect(checkedIndex(tiny.source, root)).rejects.toMatchObject({ fault: 'corrupt' });
  });
});
