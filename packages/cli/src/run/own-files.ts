import { resolve } from 'node:path';
import type { PictureFolder } from '@clce/datasets';
import { addOwnFiles, type OwnFile } from '@clce/experiments';

/** @param folder what the paths are relative to; the working directory unless given */
export function ownFilesOf(kind: 'loss' | 'dataset', paths: readonly string[], folder = '.'): OwnFile[] {
  return paths.map((path) => ({ kind, path: resolve(folder, path) }));
}

/** @param picked folders whose paths are relative to the working directory */
export function picturesOf(picked: readonly PictureFolder[]): OwnFile[] {
  return picked.map(({ groups, folder, ...rest }) => ({
    kind: 'pictures',
    pictures: {
      ...rest,
      folder: resolve(folder),
      ...(groups && { groups: 'file' in groups ? { file: resolve(groups.file) } : groups }),
    },
  }));
}

/** For commands that name data sets. @throws UserError as `addOwnFiles` does */
export async function addDatasetFiles(paths: readonly string[]): Promise<void> {
  await addOwnFiles(ownFilesOf('dataset', paths));
}
