/** Finds the pictures of a folder by their bytes, and hashes them. No picture is decoded. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { findFiles, type Unused } from './find-files.ts';
import { inOrder } from './in-order.ts';
import { formatOf, HEAD_BYTES } from './picture-format.ts';
import { readWhole, withFile } from './read-file.ts';

/** A file with the bytes of a picture. */
export interface FoundPicture {
  /** Path below the folder, with `/`. */
  readonly path: string;
  /** Index into the names of classes. */
  readonly label: number;
  readonly format: string;
  /** Of all bytes. */
  readonly sha256: string;
}

export interface FoundPictures {
  readonly folder: string;
  readonly classNames: readonly string[];
  /** By path. */
  readonly pictures: readonly FoundPicture[];
  readonly unused: readonly Unused[];
  /** Files that have the name of a picture, and are empty or cannot be read. */
  readonly broken: readonly Unused[];
}

/** Names that promise a picture: an empty file of such a name is a broken picture. */
const PICTURE_NAME = /\.(jpe?g|jpe|jfif|png|webp|gif|tiff?|avif)$/i;

/**
 * The pictures below the folders of a folder. A picture in CLASS/deeper belongs to CLASS.
 *
 * @throws {DatasetError} from `findFiles`
 */
export async function findPictures(folder: string): Promise<FoundPictures> {
  const { folders, files, unused: left } = await findFiles(folder);
  const seen = await inOrder(files, (path) => lookAt(folder, path));
  const found = seen.filter((one): one is Omit<FoundPicture, 'label'> => 'sha256' in one);
  const others = seen.filter((one): one is Unused => 'reason' in one);
  const used = new Set(found.map(({ path }) => classOf(path)));
  const broken = others.filter(({ reason }) => reason === 'broken');
  for (const { path } of broken) used.add(classOf(path));
  const classNames = folders.filter((name) => used.has(name));
  const empty = folders.filter((name) => !used.has(name));
  const labels = new Map(classNames.map((name, label) => [name, label]));
  return {
    folder,
    classNames,
    pictures: found.map((one) => ({ ...one, label: labels.get(classOf(one.path))! })),
    unused: [
      ...left,
      ...others.filter(({ reason }) => reason !== 'broken'),
      ...empty.map((name): Unused => ({ path: `${name}/`, reason: 'empty-class' })),
    ],
    broken,
  };
}

function classOf(path: string): string {
  return path.slice(0, path.indexOf('/'));
}

async function lookAt(folder: string, path: string): Promise<Omit<FoundPicture, 'label'> | Unused> {
  const read = await readPicture(folder, path);
  if ('reason' in read) return read;
  return { path, format: read.format, sha256: createHash('sha256').update(read.bytes).digest('hex') };
}

/** The bytes of a picture, or why the file is none that is read. */
export async function readPicture(
  folder: string,
  path: string,
): Promise<{ readonly format: string; readonly bytes: Buffer } | Unused> {
  const place = join(folder, path);
  try {
    const head = await withFile(place, async (file) => {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
      return buffer.subarray(0, bytesRead);
    });
    if (head.length === 0 && PICTURE_NAME.test(path))
      return { path, reason: 'broken', detail: 'it is empty' };
    const format = formatOf(head);
    if (format === undefined) return { path, reason: 'no-picture' };
    if (!format.isRead) return { path, reason: 'format', detail: format.name };
    return { format: format.name, bytes: await readWhole(place) };
  } catch (error) {
    return { path, reason: 'broken', detail: reasonOf(error) };
  }
}

/** The message of an error on one line, without the path that the caller names. */
export function reasonOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && error.code === 'EACCES') return 'it may not be read';
  const message = error instanceof Error ? error.message : String(error);
  return message.trim().replace(/\s*\n\s*/g, '; ');
}
