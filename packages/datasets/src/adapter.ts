/**
 * The declarations of an adapter: where a benchmark's official files are, their checksums, and their contents.
 *
 * An adapter is data and one function for each distribution. That function, `index`, lists the samples of the official
 * layout without decoding images. All adapters share the code that fetches, checks, extracts, decodes, resizes and packs
 * (`fetch/`, `load-source.ts`). So an adapter is one short file, and every set has the same guarantees.
 */
import type { ClassSplit, Partition } from './dataset.ts';

/** A benchmark, read from its official files. */
export interface DatasetSource {
  /** Lower case, digits and hyphens; the name of the folder and of the card. */
  name: string;
  /** Other names of the set. */
  aliases?: readonly string[];
  title: string;
  /** Subject and makers of the pictures, in a few sentences; for the card. */
  description: string;
  /** Address of the publisher's page; absent for the user's own pictures. */
  homepage?: string;
  license: string;
  citation: string;
  /** The split in words, and its source. */
  splitRule: { rule: string; source: string };
  /**
   * Names of the classes of each side, where they are published separately from the pictures. Other sets list them in
   * their files.
   */
  classes?: Readonly<Partial<Record<keyof ClassSplit, readonly string[]>>>;
  /** Published counts. Loading fails where the files differ from them. Absent for the user's own pictures. */
  expected?: ExpectedCounts;
  /** Published forms of the set. The first one is fetched by default. */
  distributions: readonly [Distribution, ...Distribution[]];
  /**
   * Whether the mirror image of a picture shows the same class; true by default. Where it does not, recipes flip no picture unless
   * they say so.
   */
  mirrorable?: boolean;
  /** How images become squares, where it differs from the default. */
  resizing?: Partial<Resizing>;
}

export interface ExpectedCounts {
  classes: number;
  samples: number;
  /** Samples in each partition, for sets with partitions. */
  partitions?: Readonly<Partial<Record<Partition, number>>>;
  /** Classes of each side of the few-shot split. */
  split: Readonly<Record<keyof ClassSplit, number>>;
}

/** Interpolation and crop fraction under timm's names; antialiasing is always on. Part of a pack's provenance. */
export interface Resizing {
  /**
   * `cover`, the default: scale the shorter side to the size, then crop the centre. `fill`: scale both sides independently,
   * as Ravi & Larochelle did for miniImageNet.
   */
  fit: 'cover' | 'fill';
  /** `lanczos` by default. */
  interpolation: 'bilinear' | 'bicubic' | 'lanczos';
  /**
   * In (0, 1], 1 by default. Images are scaled to size / cropFraction, rounded down, and the centre is cropped. With 1, an
   * image of the wanted size stays unchanged.
   */
  cropFraction: number;
  /** `stored`, the default: pictures as their files hold them. `exif`: rotated and mirrored as a viewer shows them. */
  orientation: 'stored' | 'exif';
}

/** A published form of a set: its files, and how to read them. */
export interface Distribution {
  /** Lower case, such as `binary` or `python`. */
  name: string;
  /** Files to fetch; empty where another set or an installed package provides the files. */
  files: readonly RemoteFile[];
  /** Another set whose extracted files this distribution reads, such as `cifar-100` for CIFAR-FS. */
  from?: string;
  /** Folder in which a system package installs the extracted files, such as Debian's dataset-fashion-mnist. */
  installedAt?: string;
  /**
   * Instructions for files that need an account or a signed form: where to get them. One line; error messages append the
   * file names and the folder.
   */
  manual?: string;
  /** Paths, relative to the extracted root, that exist if and only if this distribution is extracted there. */
  layout: readonly [string, ...string[]];
  /**
   * Lists the samples in a fixed order, without decoding images. Implementations must sort directory listings.
   * @param root folder of the extracted official layout; with `from`, the folder of the other set
   * @param own folder of this distribution's own files, such as miniImageNet's lists over ImageNet's pictures; equal to
   *   `root` without `from`
   * @throws {DatasetError} naming the file and the expected content
   */
  index(root: string, own: string): Promise<DatasetIndex>;
}

/** A file on the server of the publisher or of a mirror. */
export interface RemoteFile {
  /** Name below the set's `archives` folder; a plain file name. */
  name: string;
  /** The official address first, then mirrors; empty for a file that must be placed by hand. */
  urls: readonly string[];
  /** Size in bytes, where known. A server that reports another size is refused. */
  size?: number;
  /** The published checksum, or `pinned`: the SHA-256 of the first download, stored in datasets/lock.json. */
  checksum: PublishedChecksum | 'pinned';
  /** How the file is unpacked into the extracted root. */
  unpack: Unpack;
}

export interface PublishedChecksum {
  algorithm: 'md5' | 'sha1' | 'sha256' | 'sha512';
  /** Lower-case hexadecimal. */
  value: string;
  /** Where the checksum is published: an address, or the file of a project that lists it. */
  source: string;
}

export interface Unpack {
  /** `tar` reads plain and gzipped tar. `gzip` is one compressed file, unpacked without its `.gz`. `copy` unpacks nothing. */
  format: 'tar' | 'zip' | 'gzip' | 'copy';
  /** Folder below the extracted root; the root itself by default. */
  into?: string;
  /** Whether to unpack each tar inside this tar into a folder named after it without `.tar`, as ImageNet's training set needs. */
  nestedTars?: boolean;
  /** Limits on the unpacked entries and bytes; wide by default. */
  limits?: Partial<UnpackLimits>;
}

export interface UnpackLimits {
  entries: number;
  /** Total bytes of all files. */
  bytes: number;
  /** Unpacked bytes per packed byte. */
  ratio: number;
}

/** The contents of a distribution, before images are decoded. */
export interface DatasetIndex {
  classNames: readonly string[];
  /** Samples in a fixed order, with unique and stable ids. */
  samples: readonly SourceSample[];
  /** Class indices, in ascending order on each side. A set without a few-shot split has all its classes in `base`. */
  split: ClassSplit;
  /** Hash of the files' contents; needed only where no checksum fixes them. */
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

/** Location of a sample's pixels; they are read only when a pack is built. */
export type ImageSource =
  /** An image file. The path is relative to the extracted root, uses `/`, and stays inside the root. */
  | { kind: 'file'; path: string }
  /** An image in memory or inside a larger file: JPEG, PNG or another format that sharp reads. */
  | { kind: 'encoded'; read(): Promise<Uint8Array> }
  /** Raw bytes: row-major, shape (height, width, channels). */
  | { kind: 'pixels'; height: number; width: number; channels: 1 | 3; read(): Promise<Uint8Array> };
