import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DatasetError } from './errors.ts';

/**
 * Writes a file so that a reader sees the whole of it or nothing, whatever happens in between: temporary file in the
 * same folder, fsync, rename, fsync of the folder. Creates the folder.
 *
 * @throws {DatasetError} if the disk is full; no partial file is left then
 */
export async function writeFileAtomically(path: string, parts: readonly Uint8Array[]): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const temporary = join(folder, `.${basename(path)}.${process.pid}.${Date.now()}.tmp`);
  try {
    const file = await open(temporary, 'wx');
    try {
      for (const part of parts) await file.writeFile(part);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    if (!isDiskFull(error)) throw error;
    const bytes = parts.reduce((sum, part) => sum + part.byteLength, 0);
    const megabytes = (bytes / 1e6).toFixed(1);
    throw new DatasetError(
      `The disk is full: ${path} needs ${megabytes} MB. Free some space and run again.`,
      {
        cause: error,
      },
    );
  }
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isDiskFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}
