/** Reports a full disk, before or during writing, as one typed error. */
import * as nodeFiles from 'node:fs/promises';
import { DatasetError } from '../errors.ts';

/** @throws {DatasetError} `disk-full` if the file system has less than `bytes` left */
export async function checkSpace(
  folder: string,
  bytes: number,
  files: Pick<typeof nodeFiles, 'statfs'> = nodeFiles,
): Promise<void> {
  const { bavail, bsize } = await files.statfs(folder);
  if (bavail * bsize >= bytes) return;
  throw new DatasetError(
    `${folder} needs ${gigabytes(bytes)} more, but the disk has ${gigabytes(bavail * bsize)} free; free some space ` +
      'or choose another folder (--data).',
    'disk-full',
  );
}

/** Turns the error of a full disk into a DatasetError. Other errors pass unchanged. */
export async function asDiskFull<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!isNoSpace(error)) throw error;
    throw new DatasetError(
      `cannot write ${path}: the disk is full; free some space and run the same command again (received bytes are kept).`,
      'disk-full',
      { cause: error },
    );
  }
}

export function isNoSpace(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  return code === 'ENOSPC' || code === 'EDQUOT' || isNoSpace(error.cause);
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
