/** Pictures without labels, at any depth of a folder: found by the rules of labelled ones, and decoded a few at a time. */
import type { Resizing } from '../adapter.ts';
import { decodePicture } from '../pack/decode.ts';
import { type FoundFiles, findFiles, type Unused } from './files/find-files.ts';
import { readPicture, reasonOf } from './files/find-pictures.ts';
import { inOrder } from './files/in-order.ts';

export interface DecodedPicture {
  /** Path below the folder, with `/`. */
  readonly path: string;
  /** RGB, shape (size, size, 3). */
  readonly pixels: Uint8Array;
}

/** Paths of all files, and what is not used. Opens no file. @throws {DatasetError} from `findFiles` */
export function findUnlabelled(folder: string): Promise<Pick<FoundFiles, 'files' | 'unused'>> {
  return findFiles(folder, false);
}

/**
 * Decodes the pictures among some files of a folder. A file that is no picture, or a broken one, is in its place with the reason.
 *
 * @param size height and width, in pixels
 */
export function decodeFiles(
  folder: string,
  files: readonly string[],
  size: number,
  resizing: Resizing,
): Promise<(DecodedPicture | Unused)[]> {
  return inOrder(files, async (path): Promise<DecodedPicture | Unused> => {
    const read = await readPicture(folder, path);
    if ('reason' in read) return read;
    try {
      return { path, pixels: await decodePicture(read.bytes, size, resizing) };
    } catch (error) {
      return { path, reason: 'broken', detail: reasonOf(error) };
    }
  });
}
