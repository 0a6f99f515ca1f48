import type { Augmentation } from '../augment/placement.ts';
import { viewWriter } from '../augment/view.ts';
import { type Dataset, imageAt } from '../dataset.ts';
import { DatasetError } from '../errors.ts';
import { drawMix, type Mix, type Mixing, mixPairs } from './mix.ts';
import { type ChannelStatistics, imageWriter } from './normalise.ts';
import { type CounterRandom, counterRandom, RandomOperation } from './random.ts';

export interface Batch {
  /** Normalised RGB, shape (views · batchSize, size, size, 3): first all first views, then all second views. */
  images: Float32Array;
  /**
   * Position of each image's class in `classIndices`, 0 … classes-1; shape (views · batchSize). For a mixed image, the class
   * with the larger share.
   */
  labels: Int32Array;
  /** For mixed images, the class with the smaller share, shape (views · batchSize), and that share, in [0, 1/2]. */
  minority?: { labels: Int32Array; share: number };
  /** Row of each sample in the data set; shape (batchSize). */
  rows: Int32Array;
}

export interface TrainingBatches {
  /** What the batches are made from. Threads make the same batches from it. */
  options: TrainingOptions;
  /** Full batches in an epoch. Incomplete batches are dropped; the dropped samples differ between epochs. */
  batchesPerEpoch: number;
  /** Number of training samples of the wanted classes. */
  sampleCount: number;
  /** Number of classes with fewer samples than `samplesPerClass`. */
  smallClasses: number;
  classCount: number;
  /**
   * The batch of a step (0, 1, 2 … over all epochs). It depends only on the options and the step, so training can resume at
   * any step. The arrays of the earlier batch `reuse` are overwritten in place of new arrays.
   */
  batchAt(step: number, reuse?: Batch): Batch;
  /** Rows of the samples in the batch of a step, without their images. */
  rowsAt(step: number): Int32Array;
}

export interface TrainingOptions {
  dataset: Dataset;
  /**
   * Classes to train on, such as `dataset.split.base`. Batches contain no sample of another class, and no sample of the
   * official validation or test partition.
   */
  classIndices: readonly number[];
  batchSize: number;
  seed: number;
  statistics: ChannelStatistics;
  /** By default crop and flip are on, and all other augmentations are off. */
  augmentation?: Partial<Augmentation>;
  /** Number of augmented views of each sample; 1 by default. The first view does not depend on this number. */
  views?: 1 | 2;
  /**
   * Size of groups of one class (m-per-class). A batch has batchSize / samplesPerClass groups. An epoch contains each sample
   * at most once, except in classes smaller than a group: their samples are repeated until they fill one group, each time
   * with another augmentation. Plain shuffling by default.
   */
  samplesPerClass?: number;
  /** Off by default. Both views of a sample are mixed in the same way. */
  mixing?: Mixing;
}

/** Offset of the second views' draws, beyond the positions of all samples. */
const SECOND_VIEW = 2 ** 31;

/**
 * Shuffled, augmented batches of the samples of some classes.
 * @throws {DatasetError} if a batch has more samples than the classes, `batchSize` is not a multiple of `samplesPerClass`, or
 * a class index is unknown
 */
export function trainingBatches(options: TrainingOptions): TrainingBatches {
  const { dataset, classIndices, batchSize, seed, statistics, views = 1, mixing = {} } = options;
  const augmentation: Augmentation = { crop: true, flip: true, ...options.augmentation };
  const newLabels = relabel(dataset, classIndices);
  const rows = Int32Array.from(trainingRows(dataset, newLabels));
  if (!Number.isInteger(batchSize) || batchSize < 1 || batchSize > rows.length) {
    throw new DatasetError(
      `A batch has 1 to ${rows.length} samples, as many as these classes of ${dataset.name} have, not ${batchSize}.`,
    );
  }
  const { samplesPerClass = 1 } = options;
  if (!Number.isInteger(samplesPerClass) || samplesPerClass < 1 || batchSize % samplesPerClass !== 0) {
    throw new DatasetError(`A batch of ${batchSize} cannot be made of groups of ${samplesPerClass} samples.`);
  }
  const labelOf = (place: number): number => newLabels.get(dataset.samples[rows[place]!]!.label)!;
  const counts = new Map<number, number>();
  for (let place = 0; place < rows.length; place++) {
    counts.set(labelOf(place), (counts.get(labelOf(place)) ?? 0) + 1);
  }
  const sizes = [...counts.values()];
  // A large class has as many groups as it fills; a small class has one.
  const groups = sizes.reduce((sum, size) => sum + Math.max(1, Math.floor(size / samplesPerClass)), 0);
  const batchesPerEpoch = Math.floor((groups * samplesPerClass) / batchSize);
  if (batchesPerEpoch === 0) {
    throw new DatasetError(
      `Groups of ${samplesPerClass} samples of a class of ${dataset.name} do not fill a batch of ${batchSize}.`,
    );
  }
  const random = counterRandom(seed);
  const writeView = viewWriter(dataset, statistics, augmentation, random);
  const imageLength = dataset.imageSize ** 2 * dataset.channels;
  let shuffled: { epoch: number; order: Uint32Array } | undefined;

  function orderOf(epoch: number): Uint32Array {
    if (shuffled?.epoch !== epoch) {
      const order = random.permutation(rows.length, RandomOperation.shuffle, epoch);
      shuffled = {
        epoch,
        order: samplesPerClass === 1 ? order : grouped(order, labelOf, samplesPerClass, random, epoch),
      };
    }
    return shuffled.order;
  }

  function placeOf(step: number): { readonly epoch: number; readonly start: number } {
    if (!Number.isSafeInteger(step) || step < 0) {
      throw new DatasetError(`A step is a whole number from 0, not ${step}.`);
    }
    return { epoch: Math.floor(step / batchesPerEpoch), start: (step % batchesPerEpoch) * batchSize };
  }

  return {
    options,
    batchesPerEpoch,
    sampleCount: rows.length,
    smallClasses: sizes.filter((size) => size < samplesPerClass).length,
    classCount: newLabels.size,
    batchAt(step, reuse) {
      const { epoch, start } = placeOf(step);
      const order = orderOf(epoch);
      const batch = reuse ?? emptyBatch(batchSize, views, imageLength);
      for (let image = 0; image < views * batchSize; image++) {
        const sample = image % batchSize;
        const row = rows[order[start + sample]!]!;
        const position = start + sample + (image < batchSize ? 0 : SECOND_VIEW);
        writeView(row, { epoch, position }, batch.images, image * imageLength);
        batch.labels[image] = newLabels.get(dataset.samples[row]!.label)!;
        batch.rows[sample] = row;
      }
      const mix = drawMix(random, mixing, dataset.imageSize, epoch, step % batchesPerEpoch);
      return mix === undefined ? batch : mixed(batch, mix, views, dataset.imageSize);
    },
    rowsAt(step) {
      const { epoch, start } = placeOf(step);
      return Int32Array.from(orderOf(epoch).subarray(start, start + batchSize), (place) => rows[place]!);
    },
  };
}

/**
 * Normalised images without augmentation, for features and tests; shape (rows.length, size, size, 3).
 * @param reuse an earlier array of the same shape, which is overwritten and returned
 * @throws {DatasetError} if a row is outside the data set
 */
export function evaluationImages(
  dataset: Dataset,
  rows: ArrayLike<number>,
  statistics: ChannelStatistics,
  reuse?: Float32Array,
): Float32Array {
  const imageLength = dataset.imageSize ** 2 * dataset.channels;
  const images = reuse ?? new Float32Array(rows.length * imageLength);
  const writeImage = imageWriter(dataset.imageSize, statistics);
  const inPlace = { top: 0, left: 0, flip: false };
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (dataset.samples[row] === undefined) {
      throw new DatasetError(`${dataset.name} has rows 0 to ${dataset.samples.length - 1}, no row ${row}.`);
    }
    writeImage(imageAt(dataset, row), inPlace, images, i * imageLength);
  }
  return images;
}

/** Mixes image i of each view with image count − 1 − i of that view. */
function mixed(batch: Batch, mix: Mix, views: number, imageSize: number): Batch {
  const count = batch.rows.length;
  const length = batch.images.length / views;
  for (let view = 0; view < views; view++) {
    mixPairs(batch.images.subarray(view * length, (view + 1) * length), count, imageSize, mix);
  }
  const own = batch.labels;
  const partners = own.map((_, image) => own[image - (image % count) + count - 1 - (image % count)]!);
  return mix.ownShare >= 0.5
    ? { ...batch, minority: { labels: partners, share: 1 - mix.ownShare } }
    : { ...batch, labels: partners, minority: { labels: own, share: mix.ownShare } };
}

/**
 * Rearranges the order into groups of `size` samples of one class, and shuffles the groups. The remainder of a class beyond
 * whole groups is left out. A class smaller than a group fills one group by repetition.
 */
function grouped(
  order: Uint32Array,
  labelOf: (place: number) => number,
  size: number,
  random: CounterRandom,
  epoch: number,
): Uint32Array {
  const placesOf = new Map<number, number[]>();
  for (const place of order) {
    const own = placesOf.get(labelOf(place));
    if (own === undefined) placesOf.set(labelOf(place), [place]);
    else own.push(place);
  }
  const groups = [...placesOf.values()].flatMap((own) => {
    const count = Math.max(1, Math.floor(own.length / size));
    return Array.from({ length: count }, (_, group) =>
      Array.from({ length: size }, (_, k) => own[(group * size + k) % own.length]!),
    );
  });
  const places = random.permutation(groups.length, RandomOperation.classGroups, epoch);
  return Uint32Array.from(Array.from(places, (place) => groups[place]!).flat());
}

function emptyBatch(batchSize: number, views: number, imageLength: number): Batch {
  return {
    images: new Float32Array(views * batchSize * imageLength),
    labels: new Int32Array(views * batchSize),
    rows: new Int32Array(batchSize),
  };
}

/** New label (position in `classIndices`) by old label. */
function relabel(dataset: Dataset, classIndices: readonly number[]): Map<number, number> {
  for (const label of classIndices) {
    if (dataset.classNames[label] === undefined) {
      throw new DatasetError(
        `${dataset.name} has classes 0 to ${dataset.classNames.length - 1}, no class ${label}.`,
      );
    }
  }
  return new Map([...new Set(classIndices)].map((label, place) => [label, place]));
}

function trainingRows(dataset: Dataset, wanted: ReadonlyMap<number, number>): number[] {
  return dataset.samples.flatMap(({ label, partition = 'train' }, row) =>
    wanted.has(label) && partition === 'train' ? [row] : [],
  );
}
