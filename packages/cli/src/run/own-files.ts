import { resolve } from 'node:path';
import { addOwnFiles, type OwnFile } from '@clce/experiments';

/** @param folder what the paths are relative to; the working directory unless given */
export function ownFilesOf(kind: OwnFile['kind'], paths: readonly string[], folder = '.'): OwnFile[] {
  return paths.map((path) => ({ kind, path: resolve(folder, path) }));
}

/** For commands that name data sets. @throws UserError as `addOwnFiles` does */
export async function addDatasetFiles(paths: readonly string[]): Promise<void> {
  await addOwnFiles(ownFilesOf('dataset', paths));
}
