import { readImage, type ShardedPixels } from './pack/shards.ts';

/** One image's place in a data set; `samples[row]` describes the pixels of that row. */
export interface Sample {
  /** Unique in the data set and stable, such as `lucide:calendar-check`. */
  id: string;
  /** Index into `classNames`. */
  label: number;
  /** Who made the image, where the set can be split by author. */
  author?: string;
  /** Side of the official split by sample; absent in sets that are split by class only. */
  partition?: Partition;
}

/** Sides of a split by sample. Training loaders deliver `train` only. */
export type Partition = 'train' | 'validation' | 'test';

/** Class indices of each side of a few-shot split; disjoint, and each in ascending order. */
export interface ClassSplit {
  base: readonly number[];
  validation: readonly number[];
  novel: readonly number[];
}

/** A data set in memory: packed pixels and what they show. No tensors. */
export interface Dataset {
  name: string;
  /** SHA-256 (hex) over everything that describes the set, the hash of its pixels included. */
  manifestHash: string;
  /** Height and width of every image, in pixels. */
  imageSize: number;
  channels: 3;
  classNames: readonly string[];
  samples: readonly Sample[];
  split: ClassSplit;
  /** RGB, shape (samples.length, imageSize, imageSize, 3), row-major; in memory, or in files where they are too many. */
  pixels: Uint8Array | ShardedPixels;
}

export interface LoadOptions {
  /** Folder that holds the data of all sets; an adapter keeps to its own folder below it. */
  root: string;
  /** Wanted height and width of the images, in pixels. */
  size: number;
  /** Sets with more bytes of pixels are kept in shards and read image by image. */
  shardedFrom?: number;
  /** Bytes of a shard. */
  shardBytes?: number;
  /** Called while images are being prepared; not called when they were before. */
  onProgress?: (done: number, total: number) => void;
}

/** One data set's source: knows where its files are, how to check them and how to turn them into a Dataset. */
export interface DatasetAdapter {
  name: string;
  /** What others call it. */
  aliases?: readonly string[];
  title: string;
  license: string;
  citation: string;
  /**
   * The set as it was prepared before; undefined where it has to be prepared first.
   *
   * @throws {DatasetError} if the data is missing or damaged
   */
  find(options: LoadOptions): Promise<Dataset | undefined>;
  /** @throws {DatasetError} if the data is missing, damaged or cannot be prepared */
  load(options: LoadOptions): Promise<Dataset>;
}

/** Pixels of one image, not to be written to. @throws {DatasetError} where they are read from a file that is damaged */
export function imageAt(
  dataset: Pick<Dataset, 'pixels' | 'imageSize' | 'channels'>,
  row: number,
): Uint8Array {
  if ('kind' in dataset.pixels) return readImage(dataset.pixels, row);
  const length = dataset.imageSize * dataset.imageSize * dataset.channels;
  return dataset.pixels.subarray(row * length, (row + 1) * length);
}

/** Rows of the samples of the given classes, in ascending order. */
export function rowsOfClasses({ samples }: Pick<Dataset, 'samples'>, classes: readonly number[]): Int32Array {
  const wanted = new Set(classes);
  return Int32Array.from(samples.flatMap(({ label }, row) => (wanted.has(label) ? [row] : [])));
}
