import type { Resizing } from './adapter.ts';
import { readImage, type ShardedPixels } from './pack/shards.ts';
import type { Reservable } from './reserve/deal-reserve.ts';

/** An image of a data set; `samples[row]` describes the pixels of row `row`. */
export interface Sample {
  /** A stable name, unique in the data set, such as `lucide:calendar-check`. */
  id: string;
  /** Index into `classNames`. */
  label: number;
  /** Author of the image, where the set can be split by author. */
  author?: string;
  /** Character that the image shows, where the set can be split by character. */
  character?: string;
  /** Name of the unit of a folder of pictures: pictures of one unit are never on two sides. */
  group?: string;
  /** Side of the official split by sample; absent in sets that are split by class only. */
  partition?: Partition;
}

/** Sides of a split by sample. Training loaders deliver only `train`, and nothing delivers `reserved`. */
export type Partition = 'train' | 'validation' | 'test' | 'reserved';

/** Class indices of each side of a few-shot split; disjoint, and each in ascending order. */
export interface ClassSplit {
  base: readonly number[];
  validation: readonly number[];
  novel: readonly number[];
}

/** A data set in memory: packed pixels and their labels, without tensors. */
export interface Dataset {
  name: string;
  /** SHA-256 (hex) over the description of the set, including the hash of its pixels. */
  manifestHash: string;
  /** Height and width of every image, in pixels. */
  imageSize: number;
  channels: 3;
  classNames: readonly string[];
  samples: readonly Sample[];
  split: ClassSplit;
  /** Absent in sets that cannot be split with a reserve. */
  reservable?: Reservable;
  /** RGB, shape (samples.length, imageSize, imageSize, 3), row-major; in memory, or in files for large sets. */
  pixels: Uint8Array | ShardedPixels;
}

export interface LoadOptions {
  /** Folder of all data sets. An adapter uses only its own folder below it. */
  dataRoot: string;
  /** Wanted height and width of the images, in pixels. */
  size: number;
  /** Sets with more bytes of pixels than this are stored in shards and read image by image. */
  shardedFrom?: number;
  /** Bytes of a shard. */
  shardBytes?: number;
  /** Called while images are prepared; not called when they are already packed. */
  onProgress?: (done: number, total: number) => void;
}

/** Finds, checks and loads one data set. */
export interface DatasetAdapter {
  name: string;
  /** Other names of the set. */
  aliases?: readonly string[];
  title: string;
  license: string;
  citation: string;
  /**
   * Whether the mirror image of a picture shows the same class; true by default. Where it does not, recipes flip no picture unless
   * they say so.
   */
  mirrorable?: boolean;
  /** How pictures become squares; absent in sets that are drawn at every size. */
  resizing?: Resizing;
  /**
   * The packed set; undefined where it must be prepared first.
   *
   * @throws {DatasetError} if the data is missing or damaged
   */
  find(options: LoadOptions): Promise<Dataset | undefined>;
  /** @throws {DatasetError} if the data is missing, damaged or cannot be prepared */
  load(options: LoadOptions): Promise<Dataset>;
}

/** Pixels of one image; callers must not change them. @throws {DatasetError} where the file of the pixels is damaged */
export function imageAt(
  dataset: Pick<Dataset, 'pixels' | 'imageSize' | 'channels'>,
  row: number,
): Uint8Array {
  if ('kind' in dataset.pixels) return readImage(dataset.pixels, row);
  const length = dataset.imageSize * dataset.imageSize * dataset.channels;
  return dataset.pixels.subarray(row * length, (row + 1) * length);
}

/** Rows of the samples of the given classes that are not reserved, in ascending order. */
export function rowsOfClasses({ samples }: Pick<Dataset, 'samples'>, classes: readonly number[]): Int32Array {
  const wanted = new Set(classes);
  return Int32Array.from(
    samples.flatMap(({ label, partition }, row) =>
      wanted.has(label) && partition !== 'reserved' ? [row] : [],
    ),
  );
}
