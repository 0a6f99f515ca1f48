/**
 * What an adapter declares: where a benchmark's official files are, how to know them, and what is in them.
 *
 * An adapter is data and one function a distribution: `index`, which lists the samples of the official layout without
 * decoding any. Fetching, checking, extracting, decoding, resizing and packing are the same for all and live elsewhere
 * (`fetch/`, `load-source.ts`), so that an adapter is one short file and every set has the same guarantees.
 */
import type { ClassSplit, Partition } from './dataset.ts';

/** A benchmark that is read from its official files. */
export interface DatasetSource {
  /** Lower case, digits and hyphens; the name of the folder and of the card. */
  name: string;
  /** What others call it. */
  aliases?: readonly string[];
  title: string;
  /** What the pictures show and who made them, in a few sentences; for the card. */
  description: string;
  /** Address of the publisher's page; absent for pictures of your own. */
  homepage?: string;
  license: string;
  citation: string;
  /** Which samples or classes are on which side, in words, and where that is laid down. */
  splitRule: { rule: string; source: string };
  /**
   * Names of the classes of each side, where they are published apart from the pictures; other sets have them in their
   * files.
   */
  classes?: Readonly<Partial<Record<keyof ClassSplit, readonly string[]>>>;
  /** Published figures; loading fails where the files hold anything else. Absent for pictures of your own. */
  expected?: ExpectedCounts;
  /** Forms in which the set is published; the first is the one that is fetched unless another is asked for. */
  distributions: readonly [Distribution, ...Distribution[]];
  /** How images become squares, where it is not the usual way. */
  resizing?: Partial<Resizing>;
}

export interface ExpectedCounts {
  classes: number;
  samples: number;
  /** Samples of each partition, for sets that have one. */
  partitions?: Readonly<Partial<Record<Partition, number>>>;
  /** Classes of each side of the few-shot split. */
  split: Readonly<Record<keyof ClassSplit, number>>;
}

/** Interpolation and crop fraction as timm names them; antialiasing is always on. It is part of a pack's provenance. */
export interface Resizing {
  /**
   * `cover`, the usual one: scaled until the shorter side fits, then the centre is cut out. `fill`: both sides are scaled on
   * their own, as Ravi & Larochelle did for miniImageNet.
   */
  fit: 'cover' | 'fill';
  /** `lanczos` unless said otherwise. */
  interpolation: 'bilinear' | 'bicubic' | 'lanczos';
  /**
   * In (0, 1], 1 unless said otherwise: images are scaled to size / cropFraction, rounded down, and the middle of that is cut
   * out. With 1, an image that has the wanted size already is left as it is.
   */
  cropFraction: number;
}

/** One published form of a set: its files and how to read them. */
export interface Distribution {
  /** Lower case, such as `binary` or `python`. */
  name: string;
  /** Files to fetch; empty where the files come with another set or an installed package. */
  files: readonly RemoteFile[];
  /** Another set whose extracted files this distribution reads, such as `cifar-100` for CIFAR-FS. */
  from?: string;
  /** Folder in which a system package installs the extracted files, such as Debian's dataset-fashion-mnist. */
  installedAt?: string;
  /**
   * For files that may not be fetched without an account or a signed form: what to get where, and where to place it.
   * One line; the file names and the folder are added to it.
   */
  manual?: string;
  /** Paths, relative to the extracted root, that are there if and only if this distribution lies there. */
  layout: readonly [string, ...string[]];
  /**
   * Lists the samples in a fixed order, without decoding images. Sort what the file system lists.
   * @param root folder that holds the extracted official layout; that of the set named by `from`, if there is one
   * @param own folder that holds the files of this distribution itself, such as miniImageNet's lists over ImageNet's
   *   pictures; the same as `root` without `from`
   * @throws {DatasetError} naming the file and what was expected
   */
  index(root: string, own: string): Promise<DatasetIndex>;
}

/** A file that the set's publisher, or a mirror, offers. */
export interface RemoteFile {
  /** Name below the set's `archives` folder; a plain file name. */
  name: string;
  /** The official address first, then mirrors; empty for a file that must be placed by hand. */
  urls: readonly string[];
  /** Bytes, where known; a server that says otherwise is not believed. */
  size?: number;
  /** As published, or `pinned`: the SHA-256 of the first download, kept in datasets/lock.json. */
  checksum: PublishedChecksum | 'pinned';
  /** How it gets into the extracted root; `copy` puts it there as it is. */
  unpack: Unpack;
}

export interface PublishedChecksum {
  algorithm: 'md5' | 'sha1' | 'sha256' | 'sha512';
  /** Lower-case hexadecimal. */
  value: string;
  /** Where it is published: an address, or the file of a project that lists it. */
  source: string;
}

export interface Unpack {
  /** `tar` reads plain and gzipped tar; `gzip` is one compressed file, which loses its `.gz`. */
  format: 'tar' | 'zip' | 'gzip' | 'copy';
  /** Folder below the extracted root; the root itself unless given. */
  into?: string;
  /** Tar files within this tar are unpacked into a folder of their name without `.tar`, as ImageNet's training set needs. */
  nestedTars?: boolean;
  /** Highest number of entries and of bytes that it may unpack to; wide defaults otherwise. */
  limits?: Partial<UnpackLimits>;
}

export interface UnpackLimits {
  entries: number;
  /** Bytes of all files together. */
  bytes: number;
  /** Unpacked bytes per packed byte. */
  ratio: number;
}

/** What a distribution holds, before anything is decoded. */
export interface DatasetIndex {
  classNames: readonly string[];
  /** In a fixed order; ids are unique and stable. */
  samples: readonly SourceSample[];
  /** Class indices, each side ascending. A set without a few-shot split has all its classes in `base`. */
  split: ClassSplit;
  /** Hash of anything else that the pixels depend on; needed where nothing else fixes the contents of the files. */
  contents?: string;
}

export interface SourceSample {
  /** Such as `train/apple/0001.jpg`. */
  id: string;
  /** Index into `classNames`. */
  label: number;
  /** Absent in sets that are split by class only. */
  partition?: Partition;
  image: ImageSource;
}

/** Where the pixels of one sample are; read only when a pack is built. */
export type ImageSource =
  /** An image file; the path is relative to the extracted root, with `/`, and stays inside it. */
  | { kind: 'file'; path: string }
  /** An image in memory or within a larger file: JPEG, PNG or another format that sharp reads. */
  | { kind: 'encoded'; read(): Promise<Uint8Array> }
  /** Bare bytes: row-major, shape (height, width, channels). */
  | { kind: 'pixels'; height: number; width: number; channels: 1 | 3; read(): Promise<Uint8Array> };
