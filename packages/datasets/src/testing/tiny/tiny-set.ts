/** Miniatures of the benchmarks for tests: the official layout, byte for byte, with few pictures. */
import { createHash } from 'node:crypto';
import type { DatasetSource, ExpectedCounts } from '../../adapter.ts';
import type { ClassSplit, Partition } from '../../dataset.ts';
import { noise, png, type Tree } from './archives.ts';

/** Height and width of picture files, in pixels. */
export const TINY_SIZE = 16;

export interface TinySet {
  /** The adapter with the miniature's counts, sizes and checksums in place of the real ones; nothing else differs. */
  source: DatasetSource;
  distributions: readonly TinyDistribution[];
}

export interface TinyDistribution {
  /** Name of one of the source's distributions. */
  name: string;
  /** Contents of its files, by name. */
  archives: Readonly<Record<string, Buffer>>;
  /** Extracted files of a distribution without its own archives. */
  placed?: Tree;
  /** The other set and its distribution, where the distribution reads another set. */
  from?: readonly [TinySet, string];
  /** Height and width of the pictures, in pixels, so that loading at this size resizes nothing. */
  size: number;
  /** Pixels of a picture by its number, shape (size, size, 3). */
  pixelsOf: (picture: number) => Uint8Array;
  /** The expected result of loading. */
  classNames: readonly string[];
  samples: readonly TinySample[];
  split: ClassSplit;
}

export interface TinySample {
  id: string;
  label: number;
  partition?: Partition;
  /** Number of the picture, for `pixelsOf`. */
  picture: number;
}

/** The file of a picture, by its number. Its name ends in `.jpg` in every format, as in ImageNet itself. */
export type Encode = (picture: number) => Buffer;

/** Pictures as PNG, which is exact. */
export const encodePng: Encode = (picture) => png(pictureOf(picture), TINY_SIZE, TINY_SIZE);

/** Pixels of a picture file, shape (TINY_SIZE, TINY_SIZE, 3). */
export function pictureOf(picture: number): Uint8Array {
  return noise(picture, TINY_SIZE * TINY_SIZE * 3);
}

/** The adapter of a set, changed to expect a miniature. */
export function miniature(
  source: DatasetSource,
  expected: ExpectedCounts,
  archives: Readonly<Record<string, Buffer>>,
): DatasetSource {
  const [first, ...rest] = source.distributions.map((distribution) => ({
    ...distribution,
    files: distribution.files.map(({ size: _, ...file }) => {
      const content = archives[file.name];
      if (content === undefined) throw new RangeError(`the miniature of ${source.name} lacks ${file.name}`);
      const value = createHash('sha256').update(content).digest('hex');
      return {
        ...file,
        checksum:
          file.checksum === 'pinned'
            ? file.checksum
            : { algorithm: 'sha256' as const, value, source: 'test' },
      };
    }),
  }));
  return { ...source, expected, distributions: [first!, ...rest] };
}

/** 0 … count-1. */
export function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** Counts of a miniature that is split by sample. */
export function countsOf(classes: number, samples: readonly TinySample[]): ExpectedCounts {
  const partitions: Partial<Record<Partition, number>> = {};
  for (const { partition } of samples)
    if (partition) partitions[partition] = (partitions[partition] ?? 0) + 1;
  return {
    classes,
    samples: samples.length,
    partitions,
    split: { base: classes, validation: 0, novel: 0 },
  };
}

/** A text file of lines. */
export function text(lines: readonly string[]): Buffer {
  return Buffer.from(`${lines.join('\n')}\n`);
}
