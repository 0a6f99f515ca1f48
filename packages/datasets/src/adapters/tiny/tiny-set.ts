/** Miniatures of the benchmarks: the official layout, byte for byte, with a few pictures; for tests of everything that reads them. */
import { createHash } from 'node:crypto';
import type { DatasetSource, ExpectedCounts } from '../../adapter.ts';
import type { ClassSplit, Partition } from '../../dataset.ts';
import { noise, png, type Tree } from './archives.ts';

/** Height and width of pictures that are files, in pixels. */
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
  /** Extracted files of a distribution that has no archives of its own. */
  placed?: Tree;
  /** The set and the distribution that it reads, where it reads another's. */
  from?: readonly [TinySet, string];
  /** Height and width of the pictures, in pixels, so that loading at this size resizes nothing. */
  size: number;
  /** Pixels of a picture by its number, shape (size, size, 3). */
  pixelsOf: (picture: number) => Uint8Array;
  /** What loading must give. */
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

/** The file of a picture, by its number; called `.jpg` whatever it is, as in ImageNet itself. */
export type Encode = (picture: number) => Buffer;

/** Pictures as PNG, which is exact. */
export const encodePng: Encode = (picture) => png(pictureOf(picture), TINY_SIZE, TINY_SIZE);

/** Pixels of a picture that is a file, shape (TINY_SIZE, TINY_SIZE, 3). */
export function pictureOf(picture: number): Uint8Array {
  return noise(picture, TINY_SIZE * TINY_SIZE * 3);
}

/** An adapter made to expect a miniature. */
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
