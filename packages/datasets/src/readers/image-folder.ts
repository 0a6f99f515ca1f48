/** The most common layout: one folder of image files for each class. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatasetError } from '../errors.ts';

const IMAGE = /\.(jpe?g|png|webp|gif|tiff?|avif)$/i;

export interface ImageFolder {
  /** Name of the folder. */
  name: string;
  /** Paths of its images relative to `root`, with `/`, in the order of their code units. */
  images: readonly string[];
}

/**
 * Folders directly below `root`/`folder`, and the images directly in them. Both are sorted by code unit, and hidden ones
 * are left out.
 * @throws {DatasetError} if the folder is missing
 */
export async function imageFolders(root: string, folder = ''): Promise<ImageFolder[]> {
  const names = await listed(join(root, folder), 'folder');
  return Promise.all(
    names.map(async (name) => {
      const files = await listed(join(root, folder, name), 'file');
      const images = files.filter((file) => IMAGE.test(file));
      return { name, images: images.map((file) => [folder, name, file].filter(Boolean).join('/')) };
    }),
  );
}

async function listed(path: string, kind: 'file' | 'folder'): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new DatasetError(`there is no folder ${path}; fetch or place the data set first.`, 'missing');
    }
    throw error;
  });
  return entries
    .filter(
      (entry) => (kind === 'folder' ? entry.isDirectory() : entry.isFile()) && !entry.name.startsWith('.'),
    )
    .map(({ name }) => name)
    .sort((a, b) => (a < b ? -1 : 1));
}
