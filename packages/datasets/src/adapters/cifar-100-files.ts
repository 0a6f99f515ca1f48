/** Reads CIFAR-100's pictures from either of its archives, also for CIFAR-FS and FC100. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageSource, SourceSample } from '../adapter.ts';
import { DatasetError } from '../errors.ts';
import { readNumpyPickle } from '../readers/numpy-pickle.ts';
import { CIFAR_100_CLASSES } from './cifar-100-classes.ts';
import { readLines, wholeNumber } from './official-files.ts';
import { entry, imagesOf, textList } from './pickled.ts';

/** Files that identify an archive. Each holds all training images. */
export const CIFAR_100_LAYOUT = {
  binary: ['cifar-100-binary/train.bin', 'cifar-100-binary/test.bin'],
  python: ['cifar-100-python/train', 'cifar-100-python/test'],
} as const;

const PLANE = 32 * 32;
const PIXELS = 3 * PLANE;

type CifarSample = SourceSample & { partition: 'train' | 'test' };

const PARTITIONS = ['train', 'test'] as const;

/**
 * The binary archive has one record for each image: coarse label, fine label, and 32 × 32 bytes each of red, green and blue
 * (https://www.cs.toronto.edu/~kriz/cifar.html). Training images come first, in the order of the file.
 */
export async function readCifar100Binary(root: string): Promise<CifarSample[]> {
  const names = (await readLines(join(root, 'cifar-100-binary', 'fine_label_names.txt'), 1)).map(
    ([name]) => name!,
  );
  checkClassNames(names, 'fine_label_names.txt');
  const samples: CifarSample[] = [];
  for (const partition of PARTITIONS) {
    const file = `cifar-100-binary/${partition}.bin`;
    const bytes = await readFile(join(root, file));
    const record = 2 + PIXELS;
    if (bytes.length % record !== 0) {
      throw new DatasetError(
        `${join(root, file)} has ${bytes.length} bytes, no multiple of ${record}; fetch it again.`,
        'corrupt',
      );
    }
    for (let i = 0; i < bytes.length / record; i++) {
      const start = i * record;
      const planes = bytes.subarray(start + 2, start + record);
      const label = wholeNumber(String(bytes[start + 1]), 0, 99, file);
      samples.push(sample(partition, i, label, () => Promise.resolve(planes)));
    }
  }
  return samples;
}

/** The python archive has pickled dictionaries with `fine_labels` and `data`, an array of shape (images, 3072). */
export async function readCifar100Python(root: string): Promise<CifarSample[]> {
  const meta = await readNumpyPickle(join(root, 'cifar-100-python', 'meta'));
  checkClassNames(textList(entry(meta, 'fine_label_names', 'meta'), 'meta'), 'meta');
  const samples: CifarSample[] = [];
  for (const partition of PARTITIONS) {
    const file = `cifar-100-python/${partition}`;
    const pickle = await readNumpyPickle(join(root, file));
    const labels = entry(pickle, 'fine_labels', file);
    const { data } = imagesOf(entry(pickle, 'data', file), PIXELS, file);
    if (!Array.isArray(labels) || labels.length * PIXELS !== data.length) {
      throw new DatasetError(
        `${join(root, file)} has not as many labels as images; fetch it again.`,
        'corrupt',
      );
    }
    labels.forEach((value, i) => {
      const label = wholeNumber(String(value), 0, 99, file);
      samples.push(sample(partition, i, label, () => data.read(i * PIXELS, (i + 1) * PIXELS)));
    });
  }
  return samples;
}

function sample(
  partition: 'train' | 'test',
  place: number,
  label: number,
  planes: () => Promise<Uint8Array>,
): CifarSample {
  const image: ImageSource = {
    kind: 'pixels',
    height: 32,
    width: 32,
    channels: 3,
    read: async () => interleaved(await planes()),
  };
  return { id: `${partition}/${String(place).padStart(5, '0')}`, label, partition, image };
}

/** Rearranges pixels from shape (3, 32, 32) to (32, 32, 3). */
function interleaved(planes: Uint8Array): Uint8Array {
  const pixels = new Uint8Array(PIXELS);
  for (let i = 0; i < PLANE; i++) {
    for (let c = 0; c < 3; c++) pixels[3 * i + c] = planes[c * PLANE + i]!;
  }
  return pixels;
}

function checkClassNames(names: readonly string[], file: string): void {
  if (names.join() === CIFAR_100_CLASSES.join()) return;
  throw new DatasetError(
    `${file} does not have CIFAR-100's 100 classes in their order; fetch it again.`,
    'corrupt',
  );
}
